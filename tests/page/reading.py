"""What a page says about itself: each function lists what is wrong."""


def duplicate_ids(page):
    return page.evaluate("""() => {
        const ids = [...document.querySelectorAll('[id]')].map(element => element.id);
        return ids.filter((id, at) => ids.indexOf(id) !== at);
    }""")


def without_target(page):
    return page.evaluate("""() => [...document.querySelectorAll('a')]
        .map(link => link.getAttribute('href'))
        .filter(href => !href.startsWith('#') || !document.getElementById(href.slice(1)))""")


def outside(page):
    """Elements that could load something."""
    return page.evaluate("""() => [...document.querySelectorAll('[src], link, iframe, object, embed, form, base, use, image')]
        .map(element => element.outerHTML.slice(0, 80))""")


def spilling(page):
    """Text in the picture that is wider than its box."""
    return page.evaluate("""() => [...document.querySelectorAll('#platform svg g')].flatMap(group => {
        const box = group.querySelector(':scope > rect');
        const texts = [...group.querySelectorAll(':scope > text')];
        const spills = text => text.getBBox().x < box.getBBox().x - 1
            || text.getBBox().x + text.getBBox().width > box.getBBox().x + box.getBBox().width + 1;
        return box ? texts.filter(spills).map(text => text.textContent) : [];
    })""")


def overflow(page):
    """Elements that are wider than the window, unless they scroll by themselves."""
    return page.evaluate("""() => {
        const width = document.documentElement.clientWidth;
        if (document.documentElement.scrollWidth <= width) return [];
        const scrolls = element => element.closest('.scroll, pre, nav');
        return [...document.querySelectorAll('body *')]
            .filter(element => element.getBoundingClientRect().right > width + 1 && !scrolls(element))
            .slice(0, 5).map(element => element.outerHTML.slice(0, 120));
    }""")
