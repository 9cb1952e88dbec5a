/* The keys of lecture mode: ← and → go to the scene before and behind, and the other scenes are opened ahead, unseen. */

const PATIENCE = 60_000; // ms for a scene that is opened ahead
const opened = new Set(); // addresses, of this tab
const busy = (frame) =>
  frame.contentDocument?.querySelector(".stApp")?.dataset.testScriptState !== "notRunning" ||
  !frame.contentDocument.querySelector(".st-key-lecture_bar") ||
  [...frame.contentDocument.querySelectorAll("[data-testid=stBidiComponentIsolated]")].some((host) =>
    host.shadowRoot?.querySelector(".film.computing"));

/** One scene after another, in a frame that nobody sees; in such a frame nothing is opened. */
async function openAhead(addresses, alive) {
  if (window.top !== window) return;
  const idle = (ms) => new Promise((done) => setTimeout(done, ms));
  await idle(1000); // the scene that is looked at comes first
  for (const address of addresses) {
    while (alive() && document.querySelector(".stApp")?.dataset.testScriptState !== "notRunning") await idle(250);
    if (!alive() || opened.has(address)) continue;
    const frame = document.createElement("iframe");
    Object.assign(frame, { src: new URL(address, document.baseURI), tabIndex: -1, ariaHidden: "true" });
    frame.style.cssText = "position: fixed; left: 200vw; top: 0; width: 1280px; height: 720px; border: 0;";
    document.body.append(frame);
    const end = performance.now() + PATIENCE;
    do await idle(500); while (alive() && performance.now() < end && busy(frame));
    frame.remove();
    if (alive()) opened.add(address);
  }
}

/** Whether a key belongs to what has the focus: a slider moves by ← and → itself. */
const taken = (event) => event.composedPath().some((e) =>
  e.isContentEditable || e.matches?.("input, textarea, select, [role=slider], [role=tab], [role=radio], [role=option]"));

export default function ({ data }) {
  let here = true;
  const pressed = (event) => {
    const way = { ArrowLeft: "back", PageUp: "back", ArrowRight: "on", PageDown: "on" }[event.key]; // as presenters send
    if (!way || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || taken(event)) return;
    event.preventDefault();
    document.querySelector(`.st-key-lecture_${way} a`)?.click();
  };
  document.addEventListener("keydown", pressed);
  openAhead(data.ahead, () => here);
  return () => {
    here = false;
    document.removeEventListener("keydown", pressed);
  };
}
