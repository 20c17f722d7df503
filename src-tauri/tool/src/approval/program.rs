//! The program of a command line that runs one program and nothing else.

/// Programs that run whatever their arguments name: to allow one for ever is to allow all.
const LAUNCHERS: &[&str] = &[
    "ash",
    "bash",
    "busybox",
    "chroot",
    "command",
    "csh",
    "dash",
    "doas",
    "env",
    "eval",
    "exec",
    "fish",
    "flock",
    "ionice",
    "ksh",
    "nice",
    "nohup",
    "nsenter",
    "parallel",
    "pkexec",
    "setsid",
    "sh",
    "ssh",
    "stdbuf",
    "strace",
    "su",
    "sudo",
    "systemd-run",
    "time",
    "timeout",
    "tcsh",
    "unshare",
    "watch",
    "xargs",
    "zsh",
    ".",
    "source",
];

/// The program of a command line that runs one program and nothing else: only words of letters
/// that mean nothing to a shell. What is quoted, expanded, chained, redirected or assigned has
/// none; neither has what is named by a path, where a tool may have put something else meanwhile,
/// or what runs others.
pub fn only_program(command: &str) -> Option<&str> {
    let plain = |letter: char| letter.is_alphanumeric() || " ._-+:,@%/=".contains(letter);
    let program = command.split(' ').find(|word| !word.is_empty())?;
    let named = !program.contains(['=', '/']) && !LAUNCHERS.contains(&program);
    (command.chars().all(plain) && named).then_some(program)
}
