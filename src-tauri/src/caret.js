// A caret that stops blinking while it is hidden stays hidden. WebKit shows one that is laid out
// somewhere else, and so twice here; neither is painted in between.
(() => {
  const field = document.activeElement;
  if (!(field instanceof HTMLElement) || field === document.body) return;
  const { paddingTop } = getComputedStyle(field);
  const own = field.style.paddingTop;
  field.style.paddingTop = `calc(${paddingTop} + 1px)`;
  field.getBoundingClientRect();
  field.style.paddingTop = own;
  field.getBoundingClientRect();
})();
