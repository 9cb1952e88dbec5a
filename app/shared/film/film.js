// A film: one slider, and for each of its stops a frame that was computed elsewhere. Nothing is explained here; this
// file unpacks, paints and writes down where the hand came to rest. It needs nothing but a browser: docs/film.md tells
// what a head, a reel and a frame are, and how Streamlit and a notebook mount them.

const SETTLED = 350; // ms without a move after which the hand is at rest; a slider that is let go is so at once
const WRITE = 250; // ms between two writings of the address: browsers refuse more than 200 in 30 s
const ELSEWHERE = ["pointerdown", "visibilitychange", "pagehide"]; // by which a hand says that it goes elsewhere
const HEARD = 2000; // ms for which a link waits until the host has heard where the hand is
const AT_ONCE = 4; // frames fetched at the same time
const MOST = 900; // unpacked frames that are kept for all films of this window

const unpacked = new Map(); // address of a frame → promise of it; an address is a content, so none is fetched twice
const reels = new Map(); // film → {frames: [address or null], more}, as the feed last told
const players = new Set();

// --- unpacking -------------------------------------------------------------------------------------------------------

async function inflate(packed) {
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** A frame's bytes: length of its head (32 bits, little end first), head (JSON), and what its panels need. */
export async function unpack(packed) {
  const bytes = await inflate(packed);
  const length = new DataView(bytes.buffer).getUint32(0, true);
  const frame = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  for (const panel of frame.panels) {
    if (!panel.bytes) continue;
    const [start, end] = panel.bytes.map((at) => 4 + length + at);
    if (panel.mime) panel.bitmap = await createImageBitmap(new Blob([bytes.subarray(start, end)], { type: panel.mime }));
    else panel.values = new Int8Array(bytes.buffer, start, end - start);
  }
  return frame;
}

function opened(address) {
  if (!unpacked.has(address)) {
    const load = address instanceof Uint8Array ? Promise.resolve(address) : fetch(address).then((answer) => {
      if (!answer.ok) throw new Error(`${answer.status} for ${address}`);
      return answer.arrayBuffer();
    });
    const frame = load.then(unpack);
    frame.catch(() => unpacked.delete(address)); // the next feed may bring it back
    unpacked.set(address, frame);
    if (unpacked.size > MOST) unpacked.delete(unpacked.keys().next().value);
  }
  return unpacked.get(address);
}

// --- what stands on the page -----------------------------------------------------------------------------------------

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const rounded = (value) => Number(value.toPrecision(2)).toString();
const signed = (value) => (value > 0 ? "+" : value < 0 ? "−" : "") + rounded(Math.abs(value));

/** One film in one element. hooks: settled({stop, opacity, move}) and more(stop), both of the host. */
class Player {
  constructor(root, hooks) {
    Object.assign(this, { root, hooks, frames: [], loading: new Set(), head: null, at: 0, move: 0, shown: -1 });
    this.onPopState = () => this.head?.address && location.pathname === this.path && this.fromAddress();
    this.path = location.pathname;
    addEventListener("popstate", this.onPopState);
    // A hand that goes elsewhere is at rest: what it does there may be to leave the page.
    this.onElsewhere = () => this.head && this.settle();
    for (const event of ELSEWHERE) addEventListener(event, this.onElsewhere, true);
    this.onLink = (event) => this.hold(event);
    addEventListener("click", this.onLink, true);
    players.add(this);
  }

  destroy() {
    removeEventListener("popstate", this.onPopState);
    for (const event of ELSEWHERE) removeEventListener(event, this.onElsewhere, true);
    removeEventListener("click", this.onLink, true);
    clearTimeout(this.rest);
    players.delete(this);
  }

  /** A head as the host tells it: of the film that is on already, or of another one. */
  tell(head) {
    const other = this.head?.id !== head.id;
    const first = !this.head;
    if (other) {
      this.frames = [];
      this.loading.clear();
      this.asked = -1;
    }
    const layout = ({ at, move, id, opacity, ...rest }) => JSON.stringify(rest);
    const rebuilt = first || layout(head) !== layout(this.head);
    this.head = head;
    if (first) this.move = head.move;
    if (head.move === this.move) this.unheard = false;
    this.leaving = false;
    // What the host says of the hand's place is old news if the hand has moved since.
    const old = !first && (this.moving || head.move !== this.move);
    if (!old) {
      this.at = head.at;
      this.opacity = head.opacity;
    }
    if (rebuilt) this.build();
    if (!old) this.place();
    this.feed();
  }

  build() {
    const { head } = this;
    const table = new Uint32Array(head.colours.map(([r, g, b]) => (255 << 24) | (b << 16) | (g << 8) | r));
    this.colour = (value) => table[value + 127];
    const id = `film-${head.key}`;
    this.slider = make("input", { type: "range", id, min: 0, max: head.stops.length - 1, step: 1, class: "heart" });
    this.said = make("span", { class: "stop" });
    this.status = make("span", { role: "status", class: "status" });
    this.number = make("span", { class: "number" });
    this.reading = make("p", { class: "reading" });
    this.panels = head.panels.map((panel) => this.panel(panel));
    const rows = head.rows.map(({ title, panels }) => {
      const row = make("div", { class: "row" }, ...panels.map((i) => this.panels[i].figure));
      return title ? make("section", { "aria-label": title }, make("h4", {}, title), row) : row;
    });
    const curves = head.panels.flatMap(({ kind }, i) => (kind === "curve" ? [this.panels[i].figure] : []));
    const maps = make("div", { class: rows.length > 2 ? "maps many" : "maps", style: `--rows: ${rows.length}` }, ...rows);
    const named = make("p", { class: "judged" }, this.number, make("span", {}, head.number));
    this.view = make("div", { class: "film" },
      make("div", { class: "hand", ...(head.stops.length < 2 ? { hidden: "" } : {}) }, make("label", { for: id }, head.label), this.said, this.status, this.slider),
      make("div", { class: curves.length ? "body curved" : "body" }, maps, ...curves),
      make("div", { class: "foot" }, ...(head.number ? [named] : []), ...head.scales.filter((s) => s.legend).map((s) => this.legend(s)),
        ...(head.opacity === null ? [] : [this.veil(id)])),
      this.reading, ...(head.note ? [make("p", { class: "note" }, head.note)] : []));
    const before = this.root.querySelector(".film");
    const focused = before?.contains((before.getRootNode()).activeElement) && before.getRootNode().activeElement.id;
    if (before) before.replaceWith(this.view);
    else this.root.append(this.view);
    if (focused) this.view.querySelector(`#${CSS.escape(focused)}`)?.focus();
    this.slider.addEventListener("input", () => this.moved(Number(this.slider.value)));
    this.slider.addEventListener("change", () => this.held || this.settleIn(SETTLED));
    this.slider.addEventListener("blur", () => this.settle());
    this.slider.addEventListener("pointerdown", () => (this.held = true));
    for (const end of ["pointerup", "pointercancel"]) this.slider.addEventListener(end, () => this.letGo());
    this.shown = -1;
    if (head.ground) this.lay(head.ground);
    if (before && this.last) this.paint(this.last, false); // the old picture, until the new one is there
  }

  panel({ title, kind, smooth, curve, still }) {
    const place = { curve: "div", still: "img" }[kind] ?? "canvas";
    const canvas = make(place, { role: "img", "aria-label": `${title}: computing`, ...(still ? { src: still } : {}), ...(smooth ? { class: "smooth" } : {}) });
    const caption = make("span", {});
    const figure = make("figure", { class: kind }, canvas, make("figcaption", {}, make("b", {}, title), caption));
    if (kind === "curve") {
      canvas.append(make("img", { src: curve.url, alt: "" }));
      const marks = curve.axes.map(([, , top, bottom]) => make("div", { style: `top:${100 * top}%;height:${100 * (bottom - top)}%` }));
      canvas.append(...marks);
      return { figure, canvas, caption, marks };
    }
    if (kind === "still") return { figure, canvas, caption };
    const panel = { figure, canvas, caption, pen: canvas.getContext("2d") };
    canvas.addEventListener("pointermove", (event) => this.read(panel, event));
    canvas.addEventListener("pointerleave", () => (this.reading.textContent = ""));
    return panel;
  }

  legend({ top, unit }) {
    const { colours } = this.head;
    const stops = colours.filter((_, i) => i % 16 === 0 || i === colours.length - 1).map((c) => `rgb(${c})`);
    const words = `Red speaks for the class, blue against it, white says nothing; the colours saturate at ${rounded(top)}.`;
    return make("div", { class: "legend", role: "img", "aria-label": words, title: words },
      make("span", {}, `against ${signed(-top)}`), make("i", { style: `background:linear-gradient(90deg,${stops})` }),
      make("span", {}, `${signed(top)} for · ${unit}`));
  }

  veil(id) {
    this.over = make("input", { type: "range", id: `${id}-opacity`, min: 0, max: 1, step: 0.05 });
    this.over.addEventListener("input", () => {
      this.opacity = Number(this.over.value);
      this.begin();
      if (this.last) this.paint(this.last, false);
      this.settleIn(SETTLED);
    });
    return make("div", { class: "veil" }, make("label", { for: `${id}-opacity` }, "Opacity over the picture"), this.over);
  }

  async lay(address) {
    const answer = await fetch(address);
    if (!answer.ok) return;
    this.ground = await createImageBitmap(await answer.blob());
    if (this.last) this.paint(this.last, false);
  }

  // --- the hand ------------------------------------------------------------------------------------------------------

  begin() {
    this.move += this.moving ? 0 : 1;
    this.moving = true;
  }

  moved(stop) {
    this.begin();
    this.at = stop;
    this.place();
    this.write();
    if (!this.held) this.settleIn(SETTLED);
  }

  letGo() {
    this.held = false;
    if (this.moving) this.settleIn(30);
  }

  /** A link leads on once the host has heard of the hand, or takes too long: on another page it would not listen. */
  hold(event) {
    const link = event.target.closest?.("a[href]");
    if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    this.leaving = true; // a page that is being left asks for no more frames: they would stop the next one
    if (!this.unheard) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const end = performance.now() + HEARD;
    const wait = setInterval(() => {
      if (this.unheard && performance.now() < end) return;
      clearInterval(wait);
      this.unheard = false;
      link.click();
    }, 20);
  }

  settleIn(time) {
    clearTimeout(this.rest);
    this.rest = setTimeout(() => this.settle(), time);
  }

  settle() {
    clearTimeout(this.rest);
    if (!this.moving) return;
    this.write(true);
    this.moving = this.pushed = false;
    this.unheard = this.head.address;
    this.hooks.settled({ stop: this.head.stops[this.at].text, opacity: this.opacity, move: this.move });
  }

  /** The address tells the present stop. A move is one entry of the history: its first writing makes it. */
  write(last = false) {
    if (!this.head.address) return;
    const now = performance.now();
    if (!last && this.pushed && now - this.written < WRITE) return;
    const url = new URL(location.href);
    const say = (key, value, usual) => (value === usual ? url.searchParams.delete(key) : url.searchParams.set(key, value));
    const { stops, usual, key } = this.head;
    say(key, stops[this.at].text, stops[usual].text);
    if (this.over) say("opacity", Number.isInteger(this.opacity) ? `${this.opacity}.0` : String(this.opacity), "1.0");
    if (url.href === location.href) return;
    history[this.pushed ? "replaceState" : "pushState"]({}, "", url);
    this.pushed = true;
    this.written = now;
  }

  /** Back and forward: the address leads, and the host is told by its own means. */
  fromAddress() {
    const asked = new URL(location.href).searchParams;
    const stop = this.head.stops.findIndex(({ text }) => text === asked.get(this.head.key));
    if (this.over) this.opacity = Number(asked.get("opacity") ?? 1);
    clearTimeout(this.rest);
    this.moving = this.pushed = false;
    this.at = stop < 0 ? this.head.usual : stop;
    this.place();
  }

  // --- frames --------------------------------------------------------------------------------------------------------

  /** What the feed has: fetch it, the present stop first, then its neighbours, then the rest; ask for what is missing. */
  feed() {
    const reel = reels.get(this.head.id);
    if (!reel) return;
    const near = [...reel.frames.keys()].sort((a, b) => Math.abs(a - this.at) - Math.abs(b - this.at));
    for (const stop of near) {
      if (this.loading.size >= AT_ONCE) break;
      const address = reel.frames[stop];
      if (!address || this.frames[stop] || this.loading.has(stop)) continue;
      this.loading.add(stop);
      const { id } = this.head;
      opened(address).then((frame) => {
        if (this.head.id !== id) return;
        this.frames[stop] = frame;
        if (stop === this.at) this.place();
      }, () => {
        reel.frames[stop] = null; // lost, such as by a server that began anew: it is asked for once more
        this.lost = (this.lost ?? 0) + 1;
      }).finally(() => {
        if (this.head.id !== id) return;
        this.loading.delete(stop);
        this.feed();
      });
    }
    const missing = near.find((stop) => !reel.frames[stop] && (stop === this.at || stop < this.head.ahead));
    if (missing !== undefined && !reel.waiting && !this.leaving && !(this.lost > 20)) {
      reel.waiting = true;
      this.hooks.more(reel, reel.frames[this.at] ? missing : this.at);
    }
  }

  place() {
    const stop = this.head.stops[this.at];
    this.slider.value = this.at;
    this.said.textContent = stop.words;
    if (this.over) this.over.value = this.opacity;
    const frame = this.frames[this.at];
    this.status.textContent = frame ? "" : "computing …";
    this.view.classList.toggle("computing", !frame);
    this.slider.setAttribute("aria-valuetext", frame ? `${stop.words}: ${frame.says}` : `${stop.words}, computing`);
    if (frame) this.paint(frame, true);
    else this.feed();
  }

  paint(frame, present) {
    this.last = frame;
    if (present) this.shown = this.at;
    this.number.textContent = frame.number;
    frame.panels.forEach((now, i) => {
      const panel = this.panels[i];
      if (!panel) return;
      panel.now = now;
      if (panel.caption.textContent !== now.caption) panel.caption.textContent = now.caption;
      panel.canvas.setAttribute("aria-label", now.alt);
      // A frame of the film before may have another kind of picture at this place.
      if (panel.marks && now.marks) this.mark(panel, this.head.panels[i].curve, now.marks);
      else if (panel.pen && !now.marks) this.draw(panel, now);
    });
  }

  /** Dotted lines in every axes of a figure, where x is at these places. */
  mark({ marks }, { axes }, places) {
    marks.forEach((lines, i) => {
      const [zero, one] = axes[i];
      lines.classList.toggle("many", places.length > 1);
      lines.replaceChildren(...places.map((place) => make("i", { style: `left:${100 * (zero + place * (one - zero))}%` })));
    });
  }

  draw({ figure, canvas, caption, pen }, { bitmap, values, refused, shape: [height, width] = [] }) {
    figure.classList.toggle("refused", Boolean(refused));
    if (refused) return (caption.textContent = refused);
    if (canvas.width !== width || canvas.height !== height) {
      Object.assign(canvas, { width, height });
      canvas.style.setProperty("--ratio", width / height);
      canvas.classList.toggle("wide", width > 1.2 * height);
    }
    if (bitmap) return pen.drawImage(bitmap, 0, 0);
    const image = pen.createImageData(width, height);
    const dots = new Uint32Array(image.data.buffer);
    for (let i = 0; i < dots.length; i++) dots[i] = this.colour(values[i]);
    const over = this.over ? this.opacity : 1;
    pen.putImageData(image, 0, 0);
    if (over >= 1 || !this.ground) return;
    pen.globalAlpha = 1 - over;
    pen.drawImage(this.ground, 0, 0, width, height);
    pen.globalAlpha = 1;
  }

  /** The value under the pointer. It has the frame's 8 bits and no more. */
  read({ canvas, pen, now }, event) {
    if (!now || now.refused) return;
    const box = canvas.getBoundingClientRect();
    const inside = (share, n) => Math.min(n - 1, Math.max(0, Math.floor(share * n)));
    const column = inside((event.clientX - box.left) / box.width, canvas.width);
    const row = inside((event.clientY - box.top) / box.height, canvas.height);
    const where = `row ${row + 1}, column ${column + 1}`;
    if (now.values) {
      const { top, unit } = this.head.scales[this.head.panels[this.panels.findIndex((p) => p.now === now)].scale];
      const value = now.values[row * canvas.width + column];
      const beyond = Math.abs(value) === 127 ? ", or beyond: the colours saturate" : "";
      this.reading.textContent = `${where}: ${signed((value / 127) * top)} (${unit}, rounded to 8 bits${beyond})`;
    } else {
      const [r, g, b] = pen.getImageData(column, row, 1, 1).data;
      this.reading.textContent = `${where}: red ${(r / 255).toFixed(2)}, green ${(g / 255).toFixed(2)}, blue ${(b / 255).toFixed(2)} (rounded to 8 bits)`;
    }
  }
}

// --- hosts -----------------------------------------------------------------------------------------------------------

/** What the feed has of a film. more: how this host is asked for a stop that it lacks. */
export function feed({ id, frames }, more) {
  reels.delete(id);
  reels.set(id, { frames, more });
  if (reels.size > 8) reels.delete(reels.keys().next().value);
  for (const player of players) if (player.head?.id === id) player.feed();
}

export function mount(root, hooks) {
  return new Player(root, { more: (reel, stop) => reel.more(stop), ...hooks });
}

const mounted = new WeakMap(); // Streamlit calls again, with the same element, whenever the data changes

function inStreamlit({ data, parentElement, setStateValue, setTriggerValue }) {
  if (data.frames) return feed(data, (stop) => setTriggerValue("more", stop));
  let player = mounted.get(parentElement);
  if (!player) mounted.set(parentElement, (player = mount(parentElement, {})));
  player.hooks.settled = (hand) => setStateValue("settled", hand);
  player.tell(data);
  return () => {
    player.destroy();
    mounted.delete(parentElement);
  };
}

/** For anywidget: traits head (dict), frames (list of bytes, or None) and at (int), wanted (int). */
function render({ model, el }) {
  const more = (stop) => (model.set("wanted", stop), model.save_changes());
  const bytes = (view) => view && new Uint8Array(view.buffer ?? view, view.byteOffset ?? 0, view.byteLength);
  const known = new Map();
  const take = () => {
    const frames = model.get("frames").map((view, i) => {
      if (view && !known.has(i)) known.set(i, bytes(view)); // one object a frame, so that none is unpacked twice
      return known.get(i) ?? null;
    });
    feed({ id: model.get("head").id, frames }, more);
  };
  const player = mount(el, {
    settled: ({ stop }) => (model.set("at", player.head.stops.findIndex(({ text }) => text === stop)), model.save_changes()),
  });
  model.on("change:frames", take);
  player.tell(model.get("head"));
  take();
  return () => player.destroy();
}

export default (host) => (host ? inStreamlit(host) : { render });
