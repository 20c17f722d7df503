// How the page calls the app. Tauri's own way is a fetch, before which the web view asks for leave
// with a request of its own (a CORS preflight): two ways there and back, and the page must have
// drawn what it draws in between. This is one message; the answer comes as a script, which for a
// large one says only where it can be fetched (replies.rs).
(() => {
  const key = __INVOKE_KEY__;
  const call = ({ cmd, callback, error, payload, options }) =>
    window.ipc.postMessage(
      JSON.stringify({
        cmd,
        callback,
        error,
        payload,
        options: { ...options, customProtocolIpcBlocked: true },
        __TAURI_INVOKE_KEY__: key,
      }),
    );
  Object.defineProperty(window.__TAURI_INTERNALS__, "postMessage", { value: call });
})();
