/* The keys of lecture mode: ← and → go to the scene before and behind, and the other scenes are opened ahead, unseen. */

const PATIENCE = 60_000; // ms for a scene that is opened ahead
// Of this tab, however often Streamlit loads this file: addresses to open and those that were, and who hears the keys.
const tab = (window.lecture ??= { ahead: [], opened: new Set(), busy: false, pressed: null });
const idle = (ms) => new Promise((done) => setTimeout(done, ms));
const resting = (page) => page?.querySelector(".stApp")?.dataset.testScriptState === "notRunning";
const drawn = (page) => resting(page) && page.querySelector(".st-key-lecture_bar") &&
  ![...page.querySelectorAll("[data-testid=stBidiComponentIsolated]")].some((host) => host.shadowRoot?.querySelector(".computing"));

/** One scene after another, in a frame that nobody sees, while the page itself rests; in such a frame nothing is opened. */
async function openAhead(addresses) {
  tab.ahead = addresses;
  if (window.top !== window || tab.busy) return;
  tab.busy = true;
  const next = () => document.querySelector(".st-key-lecture_bar") && tab.ahead.find((address) => !tab.opened.has(address));
  do await idle(1000); while (!resting(document)); // the scene that is looked at comes first
  for (let address; (address = next()); ) {
    tab.opened.add(address);
    const frame = document.createElement("iframe");
    const src = new URL(address, document.baseURI);
    src.searchParams.set("ahead", "on"); // in the line behind all that somebody waits for
    Object.assign(frame, { src, tabIndex: -1, ariaHidden: "true" });
    frame.style.cssText = "position: fixed; left: 200vw; top: 0; width: 1280px; height: 720px; border: 0;";
    document.body.append(frame);
    const end = performance.now() + PATIENCE;
    do await idle(500); while (performance.now() < end && !drawn(frame.contentDocument));
    frame.remove();
    while (!resting(document)) await idle(250);
  }
  tab.busy = false;
}

/** Whether a key belongs to what has the focus: a slider moves by ← and → itself. */
const taken = (event) => event.composedPath().some((e) =>
  e.isContentEditable || e.matches?.("input, textarea, select, [role=slider], [role=tab], [role=radio], [role=option]"));

function pressed(event) {
  const way = { ArrowLeft: "back", PageUp: "back", ArrowRight: "on", PageDown: "on" }[event.key]; // as presenters send
  const link = way && document.querySelector(`.st-key-lecture_${way} a`);
  if (!link || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || taken(event)) return;
  event.preventDefault();
  link.click();
}

export default function ({ data }) {
  document.removeEventListener("keydown", tab.pressed);
  document.addEventListener("keydown", (tab.pressed = pressed));
  openAhead(data.ahead);
}
