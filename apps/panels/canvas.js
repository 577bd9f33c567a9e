// A square of the plane to draw on. Its strokes are the polylines of an SVG, in the plane's own units with y upwards:
// they are scaled and coloured by the browser, and are themselves the only memory of what is drawn.

const SPACING = 0.01; // the pen's corners are at least this far apart

const cornersOf = (stroke) =>
  stroke.getAttribute("points").split(" ").map((corner) => corner.split(",").map(Number));

const addCorners = (stroke, corners) => {
  stroke.setAttribute("points", [stroke.getAttribute("points"), ...corners.map(String)].filter(Boolean).join(" "));
  stroke.lastCorner = corners.at(-1); // kept here, where a rerun in the middle of a stroke leaves it
};

export default function ({ parentElement, data, setStateValue }) {
  const sheet = parentElement.querySelector("svg");
  const strokes = sheet.querySelector(".strokes");
  const undo = parentElement.querySelector(".undo");
  const clear = parentElement.querySelector(".clear");

  const begin = (corners) => {
    const stroke = document.createElementNS("http://www.w3.org/2000/svg", "polyline");
    addCorners(stroke, corners);
    strokes.append(stroke);
  };

  const placeOf = (event) => {
    const square = sheet.getBoundingClientRect();
    const x = (2 * (event.clientX - square.left)) / square.width - 1;
    const y = 1 - (2 * (event.clientY - square.top)) / square.height;
    return [x, y].map((value) => Number((data.extent * Math.min(1, Math.max(-1, value))).toFixed(3)));
  };

  const isEmpty = () => !strokes.childElementCount;

  const refresh = () => {
    undo.disabled = clear.disabled = isEmpty();
  };

  const report = () => {
    refresh();
    setStateValue("strokes", [...strokes.children].map(cornersOf));
  };

  // Streamlit calls this again after every rerun, perhaps in the middle of a stroke: what it then sends is older than
  // what is on the sheet, so it counts only the first time.
  if (!strokes.dataset.isFilled) {
    strokes.dataset.isFilled = true;
    data.strokes.forEach(begin);
  }
  refresh();

  sheet.onpointerdown = (event) => {
    if (!event.isPrimary || event.button) return;
    event.preventDefault();
    sheet.setPointerCapture(event.pointerId);
    const corner = placeOf(event);
    begin([corner, corner]); // a line without length is drawn as a dot
  };

  sheet.onpointermove = (event) => {
    if (!sheet.hasPointerCapture(event.pointerId)) return;
    const stroke = strokes.lastElementChild;
    const [x, y] = placeOf(event);
    const [lastX, lastY] = stroke.lastCorner;
    if (Math.hypot(x - lastX, y - lastY) >= SPACING) addCorners(stroke, [[x, y]]);
  };

  sheet.onlostpointercapture = report;

  undo.onclick = () => {
    strokes.lastElementChild?.remove();
    report();
  };

  clear.onclick = () => {
    strokes.replaceChildren();
    report();
  };
}
