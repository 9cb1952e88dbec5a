/* ← and → go to the scene before and behind. In a lecture the other scenes are opened ahead, unseen. */

const PATIENCE = 60_000; // ms for a scene that is opened ahead
// Of this tab, however often Streamlit loads this file: addresses to open and those that were, and who hears the keys.
const tab = (window.scenes ??= { ahead: [], opened: new Set(), busy: false, pressed: null, lecture: false });
const idle = (ms) => new Promise((done) => setTimeout(done, ms));
const resting = (page) => page?.querySelector(".stApp")?.dataset.testScriptState === "notRunning";
const drawn = (page) => resting(page) && page.querySelector(".st-key-strip") &&
  ![...page.querySelectorAll("[data-testid=stBidiComponentIsolated]")].some((host) => host.shadowRoot?.querySelector(".computing"));

/** One scene after another, in a frame that nobody sees, while the page itself rests; in such a frame nothing is opened. */
async function openAhead(addresses) {
  tab.ahead = addresses;
  if (window.top !== window || tab.busy) return;
  tab.busy = true;
  const next = () => document.querySelector(".st-key-strip") && tab.ahead.find((address) => !tab.opened.has(address));
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

/** Whether a key belongs to what has the focus: a slider and a brush move by ← and → themselves, and code scrolls. */
const TAKE = ["input", "textarea", "select", "canvas", "pre", ...["slider", "tab", "radio", "option", "combobox", "listbox",
  "menu", "dialog", "radiogroup", "spinbutton"].map((role) => `[role=${role}]`)].join();
const taken = (event) => event.defaultPrevented || event.composedPath().some((e) => e.isContentEditable || e.matches?.(TAKE));

function pressed(event) {
  const keys = { ArrowLeft: "back", ArrowRight: "on", ...(tab.lecture ? { PageUp: "back", PageDown: "on" } : {}) };
  const link = keys[event.key] && document.querySelector(`.st-key-strip_${keys[event.key]} a:not([disabled])`);
  if (!link || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || taken(event)) return;
  event.preventDefault();
  link.click();
}

export default function ({ data }) {
  document.removeEventListener("keydown", tab.pressed);
  document.addEventListener("keydown", (tab.pressed = pressed));
  tab.lecture = data.lecture; // presenters send Page Up and Page Down, by which others scroll
  openAhead(data.ahead);
}
