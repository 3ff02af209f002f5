// A picture to draw on: a box, and regions with a brush. Lives in a shadow root, which re-rendering does not touch.
const MAX_MASK = 640, CLICK = 5, STEP = 0.01, GROW = 1.05, BRUSH = 0.05;
const root = element.querySelector(".board").attachShadow({ mode: "open" });
const tools = props.tools;
root.innerHTML = `<style>${props.style}</style><div class="whole empty">
  <div class="tools" role="toolbar" aria-label="${props.name}"></div>
  <div class="stage" tabindex="0" role="application" aria-label="${props.keys}">
    <img alt="the picture" draggable="false"><canvas></canvas><div class="box" hidden></div></div>
  <p class="hint" aria-live="polite"></p></div>`;
const find = (name) => root.querySelector(name);
const [whole, stage, image, canvas, frame, hint] = [".whole", ".stage", "img", "canvas", ".box", ".hint"].map(find);
const layers = Object.fromEntries(tools.filter((tool) => tool.colour).map((tool) => [tool.name, document.createElement("canvas")]));
let chosen = tools[0].name, start = null, shown = "", size = [1, 1];

const button = (name, label, act) => {
  const one = document.createElement("button");
  Object.assign(one, { type: "button", textContent: label, onclick: act });
  one.dataset.tool = name;
  find(".tools").append(one);
};
const choose = (name) => {
  chosen = name;
  root.querySelectorAll("button").forEach((one) => one.setAttribute("aria-pressed", String(one.dataset.tool === name)));
  hint.textContent = [...tools, { name: "erase", hint: "Wipe over what was drawn." }].find((tool) => tool.name === name).hint;
};
const masks = () => Object.fromEntries(Object.entries(layers).map(([name, layer]) => [name, isBlank(layer) ? "" : layer.toDataURL("image/png")]));
const isBlank = (layer) => {
  const { width, height } = layer;
  return !width || !new Uint32Array(layer.getContext("2d", { willReadFrequently: true }).getImageData(0, 0, width, height).data.buffer).some(Boolean);
};
const keep = (change) => { props.value = { ...props.value, ...change }; };
const wipe = () => {
  for (const layer of Object.values(layers)) [layer.width, layer.height] = size;
  keep({ masks: masks() });
  draw();
};
const draw = () => {
  [canvas.width, canvas.height] = size;
  const pen = canvas.getContext("2d");
  for (const tool of tools.filter((one) => one.colour)) {
    const tinted = document.createElement("canvas");
    [tinted.width, tinted.height] = size;
    const brush = tinted.getContext("2d");
    brush.drawImage(layers[tool.name], 0, 0);
    brush.globalCompositeOperation = "source-in";
    brush.fillStyle = tool.colour;
    brush.fillRect(0, 0, ...size);
    pen.drawImage(tinted, 0, 0);
  }
};
const showBox = (box) => {
  frame.hidden = !box;
  if (!box) return;
  const { width_px: width, height_px: height } = props.value;
  const percent = [box[0] / width, box[1] / height, box[2] / width, box[3] / height].map((share) => `${100 * share}%`);
  [frame.style.left, frame.style.top, frame.style.width, frame.style.height] = percent;
};
const show = () => {
  const value = props.value || {};
  whole.classList.toggle("empty", !value.picture);
  if (value.picture && value.picture !== shown) {
    shown = image.src = value.picture;
    const scale = Math.min(1, MAX_MASK / Math.max(value.width_px, value.height_px));
    size = [value.width_px, value.height_px].map((side) => Math.max(1, Math.round(side * scale)));
    for (const layer of Object.values(layers)) [layer.width, layer.height] = size;
    draw();
  }
  showBox(value.box);
};
const point = (event) => {
  const area = stage.getBoundingClientRect();
  return [(event.clientX - area.left) / area.width, (event.clientY - area.top) / area.height].map((share) => Math.min(1, Math.max(0, share)));
};
const boxOf = (one, other) => {
  const { width_px: width, height_px: height } = props.value;
  const [left, right] = [one[0] * width, other[0] * width].sort((a, b) => a - b);
  const [top, bottom] = [one[1] * height, other[1] * height].sort((a, b) => a - b);
  return [left, top, right - left, bottom - top].map((side) => Math.round(side * 10) / 10);
};
const footBox = ([x, y]) => {
  const { width_px: width, height_px: height, size: wanted } = props.value;
  const [w, h] = wanted || [height / 4, height / 4];
  return [x * width - w / 2, y * height - h, w, h].map((side) => Math.round(side * 10) / 10);
};
const put = (box) => { keep({ box }); showBox(box); };
const paint = (from, to) => {
  for (const [name, layer] of Object.entries(layers)) {
    if (name !== chosen && chosen !== "erase") continue;
    const pen = layer.getContext("2d", { willReadFrequently: true });
    pen.globalCompositeOperation = chosen === "erase" ? "destination-out" : "source-over";
    Object.assign(pen, { lineWidth: BRUSH * Math.max(...size), lineCap: "round", strokeStyle: "#fff" });
    pen.beginPath();
    pen.moveTo(from[0] * size[0], from[1] * size[1]);
    pen.lineTo(to[0] * size[0], to[1] * size[1]);
    pen.stroke();
  }
  draw();
};

canvas.addEventListener("pointerdown", (event) => {
  canvas.setPointerCapture(event.pointerId);
  start = { at: point(event), x: event.clientX, y: event.clientY };
  if (chosen !== "box") paint(start.at, start.at);
});
canvas.addEventListener("pointermove", (event) => {
  if (!start) return;
  const at = point(event);
  if (chosen === "box") return showBox(boxOf(start.at, at));
  paint(start.at, at);
  start.at = at;
});
canvas.addEventListener("pointerup", (event) => {
  if (!start) return;
  const moved = Math.min(Math.abs(event.clientX - start.x), Math.abs(event.clientY - start.y));
  const begun = start.at;
  start = null;
  if (chosen !== "box") return keep({ masks: masks() });
  if (moved < CLICK && !props.clicks) return showBox(props.value.box);
  put(moved < CLICK ? footBox(point(event)) : boxOf(begun, point(event)));
  trigger("submit");
});
canvas.addEventListener("pointercancel", () => { start = null; showBox(props.value.box); });
stage.addEventListener("keydown", (event) => {
  const { width_px: width, height_px: height } = props.value;
  let [x, y, w, h] = props.value.box || footBox([0.5, 0.8]);
  const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const factor = { "+": GROW, "=": GROW, "-": 1 / GROW }[event.key];
  if (event.key === "Enter" && props.value.box) trigger("submit");
  else if (moves[event.key]) [x, y] = [x + moves[event.key][0] * STEP * width, y + moves[event.key][1] * STEP * height];
  else if (factor) [x, y, w, h] = [x + (w * (1 - factor)) / 2, y + h * (1 - factor), w * factor, h * factor];
  else return;
  event.preventDefault();
  if (event.key !== "Enter") put([x, y, w, h].map((side) => Math.round(side * 10) / 10));
});

for (const tool of tools) button(tool.name, tool.label, () => choose(tool.name));
if (Object.keys(layers).length) {
  button("erase", "Erase", () => choose("erase"));
  button("wipe", "Clear regions", wipe);
}
choose(chosen);
watch("value", show);
show();
