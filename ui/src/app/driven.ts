/** What the page does only while a program drives it by WebDriver, as tests do. */

/**
 * Paints one point that nobody sees ten times a second.
 *
 * The driver's picture is taken after the next painting. Where WebKitGTK paints without OpenGL it
 * asks for none (seen in 2.50.6), so a page that stands still would never answer.
 */
export function keepPainting(): void {
  const point = document.createElement("div");
  point.ariaHidden = "true";
  point.style.cssText = "position: fixed; inset: 0 auto auto 0; width: 1px; height: 1px;";
  point.style.pointerEvents = "none";
  document.body.append(point);
  let seen = false;
  setInterval(() => {
    seen = !seen;
    // Both are the page's own colour to the eye; only equal ones would not be painted anew.
    point.style.backgroundColor = seen ? "rgb(0 0 0 / 0.4%)" : "transparent";
  }, 100);
}
