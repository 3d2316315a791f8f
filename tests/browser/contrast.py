"""What asks a page whether its words can be read."""

from __future__ import annotations

# Returns the texts whose contrast with the nearest opaque background is below 4.5, with that contrast.
LOW_CONTRAST = """() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const paint = (...colours) => {
    canvas.clearRect(0, 0, 1, 1);
    for (const colour of colours) { canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); }
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const linear = (v) => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => .2126 * linear(r / 255) + .7152 * linear(g / 255) + .0722 * linear(b / 255);
  const low = [];
  for (const node of document.querySelectorAll('.cdp *')) {
    const own = [...node.childNodes].some(c => c.nodeType === 3 && c.textContent.trim());
    if (!own || !node.checkVisibility() || node.closest('.cdp-live, .cdp-layer, option')) continue;
    const grounds = [];
    for (let n = node; n; n = n.parentElement) grounds.unshift(getComputedStyle(n).backgroundColor);
    const [back, fore] = [light(paint(...grounds)), light(paint(...grounds, getComputedStyle(node).color))];
    const contrast = (Math.max(back, fore) + .05) / (Math.min(back, fore) + .05);
    if (contrast < 4.5) low.push(`${node.className}: ${node.textContent.slice(0, 30)}: ${contrast.toFixed(2)}`);
  }
  return low;
}"""
