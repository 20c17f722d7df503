// WebKit asks whether a caret blinks when it begins to show one. To one that blinked before it
// goes back with each frame for ever (seen in WebKitGTK 2.50.6), and one that was hidden just then
// stays hidden. So the caret is taken away and put back where it was: nothing is painted in between,
// the field keeps its focus, and no event but `selectionchange` tells of it.
(() => {
  const field = document.activeElement;
  if (!(field instanceof HTMLTextAreaElement || field instanceof HTMLInputElement)) return;
  const { selectionStart, selectionEnd, selectionDirection } = field;
  if (selectionStart === null || selectionStart !== selectionEnd) return;
  document.getSelection()?.removeAllRanges();
  field.setSelectionRange(selectionStart, selectionEnd, selectionDirection);
})();
