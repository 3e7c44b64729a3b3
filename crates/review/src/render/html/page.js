"use strict";
// Searches lists, unfolds, and copies. Everything is on the page without it.
(() => {
  const page = document.documentElement;
  page.classList.add("script");
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  // Opens the folds around an element.
  const reveal = (element) => {
    for (let fold = element; fold; fold = fold.parentElement) {
      if (fold.tagName === "DETAILS") fold.open = true;
    }
  };

  // Marks what was found, without changing the document.
  const MOST = 500;
  const highlight = (entries, words) => {
    if (!window.Highlight || !CSS.highlights) return;
    const ranges = [];
    for (const entry of entries) {
      const texts = document.createTreeWalker(entry, NodeFilter.SHOW_TEXT);
      while (ranges.length < MOST && texts.nextNode()) {
        const text = texts.currentNode.data.toLowerCase();
        for (const word of words) {
          for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + word.length)) {
            const range = new Range();
            range.setStart(texts.currentNode, at);
            range.setEnd(texts.currentNode, at + word.length);
            ranges.push(range);
          }
        }
      }
    }
    CSS.highlights.set("found", new Highlight(...ranges));
  };

  // An entry is found if it has every word. It unfolds if the words are not in what is shown of it already.
  for (const field of all("[data-search]")) {
    const entries = all("[data-entry]", document.getElementById(field.dataset.search));
    const texts = new Map();
    const text = (element) => {
      if (!texts.has(element)) texts.set(element, element.textContent.toLowerCase());
      return texts.get(element);
    };
    const count = field.parentElement.querySelector("output");
    const search = () => {
      const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
      const has = (element) => words.every((word) => text(element).includes(word));
      const found = entries.filter((entry) => {
        entry.hidden = !has(entry);
        const fold = entry.querySelector("details");
        if (fold) fold.open = words.length > 0 && !entry.hidden && !has(fold.querySelector("summary"));
        return !entry.hidden;
      });
      count.textContent = words.length ? `${found.length} of ${entries.length}` : entries.length;
      highlight(words.length ? found : [], words);
    };
    field.addEventListener("input", search);
    field.addEventListener("keydown", (event) => {
      if (event.key === "Escape") {
        field.value = "";
        search();
      }
    });
  }

  document.addEventListener("keydown", (event) => {
    const field = document.getElementById("change-list-search");
    const writes = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
    if (event.key === "/" && !writes && !event.ctrlKey && !event.metaKey && field) {
      event.preventDefault();
      field.focus();
    }
  });

  const unfold = document.querySelector("[data-unfold]");
  unfold?.addEventListener("click", () => {
    const open = unfold.getAttribute("aria-pressed") !== "true";
    for (const fold of all("details")) fold.open = open;
    unfold.setAttribute("aria-pressed", open);
    unfold.textContent = open ? "Fold all" : "Unfold all";
  });

  for (const button of all("[data-copy]")) {
    button.addEventListener("click", async () => {
      const command = button.parentElement.querySelector("code");
      try {
        await navigator.clipboard.writeText(command.textContent);
        button.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(command);
        button.textContent = "Selected";
      }
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
  }

  const target = () => {
    const element = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (element) {
      reveal(element);
      element.scrollIntoView();
    }
  };
  addEventListener("hashchange", target);
  target();

  // On paper, everything is unfolded.
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = all("details:not([open])");
    for (const fold of folded) fold.open = true;
  });
  addEventListener("afterprint", () => {
    for (const fold of folded) fold.open = false;
  });
})();
