//! Checks that this machine's processor has the instructions that llama.cpp was compiled for:
//! a clear sentence instead of a SIGILL.

/// The instruction sets that the engine needs and the processor lacks.
#[cfg(target_arch = "x86_64")]
pub fn missing() -> Vec<&'static str> {
    use llama_cpp_sys_2 as sys;
    // SAFETY: these functions take nothing and return a constant of the compilation.
    let compiled = unsafe {
        [
            (
                "AVX",
                sys::ggml_cpu_has_avx(),
                is_x86_feature_detected!("avx"),
            ),
            (
                "AVX2",
                sys::ggml_cpu_has_avx2(),
                is_x86_feature_detected!("avx2"),
            ),
            (
                "FMA",
                sys::ggml_cpu_has_fma(),
                is_x86_feature_detected!("fma"),
            ),
            (
                "F16C",
                sys::ggml_cpu_has_f16c(),
                is_x86_feature_detected!("f16c"),
            ),
            (
                "BMI2",
                sys::ggml_cpu_has_bmi2(),
                is_x86_feature_detected!("bmi2"),
            ),
            (
                "AVX-512",
                sys::ggml_cpu_has_avx512(),
                is_x86_feature_detected!("avx512f"),
            ),
        ]
    };
    compiled
        .into_iter()
        .filter(|(_, needed, present)| *needed != 0 && !present)
        .map(|(name, _, _)| name)
        .collect()
}

/// Elsewhere llama.cpp is compiled for the architecture's baseline.
#[cfg(not(target_arch = "x86_64"))]
pub fn missing() -> Vec<&'static str> {
    Vec::new()
}
