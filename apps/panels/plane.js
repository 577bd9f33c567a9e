// A map of the plane with a ring on it, which follows the pointer at once; the page hears of it at most ten times a
// second, and at the end.

const PAUSE = 100; // milliseconds

export default function ({ parentElement, data, setTriggerValue }) {
  const map = parentElement.querySelector(".map");
  const image = map.querySelector("img");
  const ring = map.querySelector(".ring");

  const put = ([x, y]) => {
    const isOutside = Math.max(Math.abs(x), Math.abs(y)) > data.extent;
    ring.style.left = `${50 * (1 + x / data.extent)}%`;
    ring.style.top = `${50 * (1 - y / data.extent)}%`;
    ring.style.visibility = isOutside ? "hidden" : "visible";
  };

  const placeOf = (event) => {
    const square = map.getBoundingClientRect();
    const x = (2 * (event.clientX - square.left)) / square.width - 1;
    const y = 1 - (2 * (event.clientY - square.top)) / square.height;
    return [x, y].map((value) => Number((data.extent * Math.min(1, Math.max(-1, value))).toFixed(2)));
  };

  if (image.src !== data.picture) image.src = data.picture;
  const isDragged = map.dataset.pointer && map.hasPointerCapture(Number(map.dataset.pointer));
  if (!isDragged) put(data.place); // what comes in the middle of a drag is older than what is on the map

  // As an event and not as a state: the same place twice, before the sliders have heard of it, would put the map back
  // to where they are.
  const report = (place) => {
    map.dataset.reported = performance.now();
    setTriggerValue("place", place);
  };

  map.onpointerdown = (event) => {
    if (!event.isPrimary || event.button) return;
    event.preventDefault();
    map.setPointerCapture(event.pointerId);
    map.dataset.pointer = event.pointerId;
    put(placeOf(event));
    report(placeOf(event));
  };

  map.onpointermove = (event) => {
    if (!map.hasPointerCapture(event.pointerId)) return;
    put(placeOf(event));
    if (performance.now() - Number(map.dataset.reported) > PAUSE) report(placeOf(event));
  };

  map.onpointerup = (event) => {
    if (map.hasPointerCapture(event.pointerId)) report(placeOf(event));
    delete map.dataset.pointer;
  };
}
