// The reader's place, kept in this browser; the language switch that stays there; a search that needs no tone marks.

const courseWords = {
  vi: { goOn: "Đọc tiếp chỗ bạn dừng:", read: "đã đọc hết" },
  en: { goOn: "Go on where you were:", read: "read to the end" },
}[document.documentElement.lang] ?? {};

// Small letters without marks, one sign for one: "Tái" → "tai". tools/site/extension.py has the same.
function courseFold(text) {
  return [...text.normalize("NFC").toLowerCase()]
    .map((sign) => sign.normalize("NFD")[0].replace("đ", "d"))
    .join("");
}

if (document.documentElement.lang === "vi") {
  Documentation.addTranslations({ locale: "vi", plural_expr: "0", messages: {
    "Search Results": "Kết quả tìm kiếm", Searching: "Đang tìm", "Preparing search...": "Đang chuẩn bị…",
    "Search finished, found one page matching the search query.": ["Tìm thấy ${resultCount} trang."],
    "Your search did not match any documents. Please make sure that all words are spelled correctly and that you've selected enough categories.": "Không tìm thấy trang nào.",
  } });
}

const coursePlaces = {
  key: "vae-places",
  read() {
    try { return JSON.parse(localStorage.getItem(this.key)) ?? {}; } catch { return {}; }
  },
  write(page, place) {
    const places = this.read();
    places[page] = { ...places[page], ...place, time: Date.now() };
    try {
      localStorage.setItem(this.key, JSON.stringify(places));
      localStorage.setItem("vae-language", document.documentElement.lang);
    } catch {} // a browser that keeps nothing
  },
};

// What the theme's buttons are called, in Vietnamese.
const courseLabels = {
  ".theme-toggle": "Giao diện sáng, tối hay theo máy", "#__navigation": "Mở hoặc đóng danh sách bài học", "#__toc": "Mở hoặc đóng mục lục của trang",
};

document.addEventListener("DOMContentLoaded", () => {
  if (document.documentElement.lang === "vi") {
    for (const [place, label] of Object.entries(courseLabels)) {
      for (const element of document.querySelectorAll(place)) element.setAttribute("aria-label", label);
    }
  }
  const page = location.pathname.split("/").pop().replace(/\.html$/, "") || "index";
  const titles = new Map([...document.querySelectorAll(".sidebar-tree a")].map((link) => [link.getAttribute("href"), link]));
  const places = coursePlaces.read();
  for (const [name, place] of Object.entries(places)) {
    const link = titles.get(`${name}.html`);
    if (link && place.done) {
      link.classList.add("course-read");
      link.append(Object.assign(document.createElement("span"), { className: "course-read-mark", textContent: " ✓", title: courseWords.read }));
    }
  }
  if (page === "index") courseGoOn(places, titles);
  else if (/^\d\d_/.test(page)) courseFollow(page);
});

// A paragraph whose formula is wider than the window scrolls: by keys too.
function courseReachable() {
  for (const text of document.querySelectorAll("article p:has(> math)")) {
    if (text.scrollWidth > text.clientWidth) text.tabIndex = 0;
    else text.removeAttribute("tabindex");
  }
}
for (const event of ["DOMContentLoaded", "load", "resize", "toggle"]) addEventListener(event, courseReachable, true);

// On the first page: a link to the section that was read last.
function courseGoOn(places, titles) {
  const [latest] = Object.entries(places).sort((one, other) => other[1].time - one[1].time);
  const line = document.getElementById("course-go-on"), entry = latest && titles.get(`${latest[0]}.html`);
  if (!line || !entry) return;
  const link = Object.assign(document.createElement("a"), { href: `${latest[0]}.html#${latest[1].section}` });
  link.textContent = entry.firstChild.textContent;
  line.append(courseWords.goOn, " ", link);
  line.hidden = false;
}

// On a lesson: note the section in view, and that the end has been seen; the other language opens at the same section.
function courseFollow(page) {
  const sections = [...document.querySelectorAll("article [id^='s-']")].sort((one, other) => one.id.slice(2) - other.id.slice(2));
  const switches = document.querySelectorAll("a.course-language");
  if (location.hash.startsWith("#s-")) for (const link of switches) link.hash = location.hash;
  let wait = 0;
  const look = () => {
    const here = sections.filter((section) => section.getBoundingClientRect().top < innerHeight / 2).pop() ?? sections[0];
    if (!here) return;
    const done = scrollY + innerHeight > document.documentElement.scrollHeight - 3 * innerHeight / 2 && scrollY > 0;
    coursePlaces.write(page, done ? { section: here.id, done } : { section: here.id });
    if (here.id !== "s-0") for (const link of switches) link.hash = here.id; // they stand at the top: who comes up to them was further down
  };
  addEventListener("scroll", () => { clearTimeout(wait); wait = setTimeout(look, 300); }, { passive: true }); // not what is passed on the way
  look();
}

// Sphinx's search, so that "tai tham so" finds "tái tham số": titles are compared without marks, and pages in which the words
// stand together come first. The index holds pairs of words as "tai_tham" (tools/site/extension.py).
if (typeof Search !== "undefined" && document.documentElement.lang === "vi") {
  const search = Search._performSearch, summary = Search.makeSearchSummary;
  Search._performSearch = (query, ...rest) => {
    localStorage.removeItem("sphinx_highlight_terms"); // "so" would be marked where "số" is meant
    const words = courseFold(query).split(/[^\p{Letter}\p{Number}]+/u).filter(Boolean);
    const folded = words.join(" "), index = Search._index, results = search(folded, ...rest);
    const pairs = words.slice(1).map((word, i) => [index.terms, index.titleterms].map((terms) => [terms[`${words[i]}_${word}`] ?? []].flat()));
    for (const result of results) {
      const file = index.docnames.indexOf(result[0]);
      result[4] += 10 * pairs.filter(([text, title]) => text.includes(file) || title.includes(file)).length;
    }
    for (const [title, found] of Object.entries(index.alltitles)) {
      if (folded.length < 2 || !courseFold(title).includes(folded)) continue;
      for (const [file, id] of found) {
        const whole = index.titles[file] === title;
        const again = whole && results.find((result) => result[0] === index.docnames[file] && result[1] === title);
        if (again) again[4] = 101;
        else results.push([index.docnames[file], whole ? title : `${index.titles[file]} > ${title}`, whole ? "" : `#${id}`, null, 100, index.filenames[file], "title"]);
      }
    }
    return results.sort((one, other) => one[4] - other[4]);
  };
  Search.makeSearchSummary = (text, words, anchor) => {
    const plain = Search.htmlToText(text, anchor).normalize("NFC"), at = courseFold(plain).indexOf([...words].join(" "));
    if (at < 0) return summary(text, words, anchor);
    const line = Object.assign(document.createElement("p"), { className: "context" });
    line.textContent = `… ${plain.slice(Math.max(at - 100, 0), at + 140).trim()} …`;
    return line;
  };
}
