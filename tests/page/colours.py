"""The contrast of text and what is behind it, as WCAG 2.2 defines it (1.4.3: at least 4.5 to 1)."""

import re

# The kinds of text, each by its first element.
TEXT = [
    "h1", ".lead", ".place", "nav a", "section p", ".label.bad", ".label.careful", ".label.neutral", ".tile .note",
    ".tile .value", "td.proven", "td.residual", "td.refuted", ".line.add", ".line.remove", ".mark.add", ".mark.update",
    ".mark.replace", ".mark.remove", ".kind", ".whose", "code", "a", "thead th", "footer", ".gantt .time",
]

COLOURS = """selectors => selectors.flatMap(selector => {
    const element = document.querySelector(selector);
    if (!element) return [];
    const behind = [];
    for (let at = element; at; at = at.parentElement) behind.push(getComputedStyle(at).backgroundColor);
    return [[selector, getComputedStyle(element).color, behind]];
})"""


def channels(colour):
    """Red, green, blue and opacity of a computed colour."""
    numbers = [float(number) for number in re.findall(r"[\d.]+", colour)]
    if colour.startswith("color("):
        numbers = [number * 255 for number in numbers[:3]] + numbers[3:]
    return numbers[:3], numbers[3] if len(numbers) > 3 else 1.0


def luminance(colour):
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in (c / 255 for c in colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def over(behind):
    """The colour of several layers, the first on top."""
    colour = [255, 255, 255]
    for layer in reversed(behind):
        front, opacity = channels(layer)
        colour = [f * opacity + b * (1 - opacity) for f, b in zip(front, colour)]
    return colour


def contrasts(page):
    """Each kind of text with its contrast."""
    for selector, colour, behind in page.evaluate(COLOURS, TEXT):
        pair = sorted((luminance(channels(colour)[0]), luminance(over(behind))), reverse=True)
        yield selector, (pair[0] + 0.05) / (pair[1] + 0.05)
