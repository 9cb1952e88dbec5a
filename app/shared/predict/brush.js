// A picture alone, and a brush: the reader paints where the evidence is, and then compares. Nothing of a map is in the
// page yet. Which scenes a reader has seen through is kept in this browser, so nobody is asked twice.

const GRID = 64; // squares of a side of what is sent
const WIDE = 1 / 9; // of the picture's side: the brush
const MARK = "#0072b2"; // half transparent by the style sheet, however often it is painted over
const KEPT = "workbook-seen"; // in the browser's own store
const STEP = 512 / 24; // of the canvas: an arrow key
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const MOST = 500; // scenes that it keeps

function seen() {
  try {
    return JSON.parse(localStorage.getItem(KEPT)) ?? [];
  } catch {
    return []; // a browser that keeps nothing, or something else of that name
  }
}

function remember(scene) {
  try {
    localStorage.setItem(KEPT, JSON.stringify([...seen().filter((each) => each !== scene), scene].slice(-MOST)));
  } catch {
    // then it asks again
  }
}

/** What was painted, a bit a square, row by row, the first square in the lowest bit: base64. */
function bits(canvas) {
  const small = new OffscreenCanvas(GRID, GRID).getContext("2d", { willReadFrequently: true });
  small.drawImage(canvas, 0, 0, GRID, GRID);
  const { data } = small.getImageData(0, 0, GRID, GRID);
  const packed = new Uint8Array((GRID * GRID) / 8);
  for (let i = 0; i < GRID * GRID; i++) if (data[4 * i + 3] > 64) packed[i >> 3] |= 1 << (i & 7);
  return btoa(String.fromCharCode(...packed));
}

function button(words, look) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = words;
  made.className = look;
  return made;
}

function board(data, done) {
  const root = document.createElement("div");
  root.className = "predict";
  const frame = document.createElement("div");
  frame.className = "picture";
  const image = document.createElement("img");
  Object.assign(image, { src: data.picture ?? "", alt: "The picture alone", draggable: false });
  image.onload = () => image.classList.toggle("small", image.naturalWidth < 128); // pixels that one can count
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 512;
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "application");
  canvas.setAttribute("aria-label", "Brush. The arrow keys move it, with Shift they paint, and space paints a dot.");
  const ring = document.createElement("i");
  const pen = canvas.getContext("2d");
  Object.assign(pen, { lineCap: "round", lineJoin: "round", lineWidth: 512 * WIDE, strokeStyle: MARK });
  const compare = button("Compare", "first");
  compare.disabled = true;
  const clear = button("Clear", "");
  let last = null;
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [((event.clientX - box.left) * 512) / box.width, ((event.clientY - box.top) * 512) / box.height];
  };
  const stroke = (to) => {
    pen.beginPath();
    pen.moveTo(...(last ?? to));
    pen.lineTo(to[0] + 0.1, to[1]); // a canvas draws nothing from a place to itself
    pen.stroke();
    last = to;
    compare.disabled = false;
  };
  canvas.onpointerdown = (event) => {
    canvas.setPointerCapture(event.pointerId);
    stroke(place(event));
    event.preventDefault();
  };
  canvas.onpointermove = (event) => {
    if (last) stroke(place(event));
  };
  canvas.onpointerup = canvas.onpointercancel = () => (last = null);
  let at = [256, 256]; // of the keyboard's brush
  canvas.onkeydown = (event) => {
    const way = ARROWS[event.key];
    if (!way && event.key !== " ") return;
    const to = way ? at.map((x, i) => Math.min(512, Math.max(0, x + STEP * way[i]))) : at;
    if (!way || event.shiftKey) {
      last = at;
      stroke(to);
      last = null;
    }
    at = to;
    [ring.style.left, ring.style.top] = at.map((x) => `${(100 * x) / 512}%`);
    event.preventDefault();
  };
  clear.onclick = () => {
    pen.clearRect(0, 0, 512, 512);
    compare.disabled = true;
  };
  compare.onclick = () => done(bits(canvas));
  const row = document.createElement("div");
  row.className = "row";
  const words = document.createElement("p");
  words.textContent = data.asks;
  if (data.brush) row.append(compare, clear);
  if (data.skip) {
    const skip = button("Show me", "");
    skip.onclick = () => done("");
    row.append(skip);
  }
  frame.append(image, ...(data.brush ? [canvas, ring] : []));
  root.append(...(data.picture ? [frame] : []), words, row);
  return root;
}

const boards = new WeakMap(); // where it stands → the scene that it shows

export default function ({ data, parentElement, setTriggerValue }) {
  if (data.open) {
    remember(data.scene);
    parentElement.querySelector(".predict")?.remove();
    boards.delete(parentElement);
    return;
  }
  if (data.skip && seen().includes(data.scene)) {
    setTriggerValue("done", { scene: data.scene, drawn: "" });
    return;
  }
  if (boards.get(parentElement) === data.scene) return; // what was painted stays, whatever else moves
  boards.set(parentElement, data.scene);
  parentElement.querySelector(".predict")?.remove();
  parentElement.append(board(data, (drawn) => setTriggerValue("done", { scene: data.scene, drawn })));
}
