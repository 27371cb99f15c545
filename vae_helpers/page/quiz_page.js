// The quiz without a kernel: fills every <div class="vae-quiz" data-lessons="02_vae …"> from globalThis.vaeQuestions, by the same
// markup and style as the widget's. Answers are kept in this browser as quiz_answers.json keeps them, and saved as Quiz.export does.

const quizWords = {
  vi: {
    check: "Kiểm tra", back: "← Trước", next: "Tiếp →", all: "Tất cả trên một trang", again: "Làm lại, xáo đáp án",
    wrong: "Chỉ những câu sai", whole: "Trở lại đề ban đầu", choose: "Hãy chọn một đáp án trước đã.", precise: "Nói cho chính xác",
    read: "Đọc lại", others: "Vì sao không phải các đáp án khác?", name: "Tên của bạn", save: "Lưu câu trả lời thành tệp",
    noName: "Hãy viết tên của bạn trước đã.", nothing: "Chưa có câu trả lời nào để lưu.", file: "bai_trac_nghiem",
    show: "Câu hỏi", sets: { handout: "Mười câu của đề bài", more: "Câu hỏi thêm", both: "Tất cả" },
    title: (n, total) => `Câu ${n}/${total}`, group: (n) => `Câu ${n}: chọn một đáp án`,
    right: (n) => `Câu ${n}: đúng rồi!`, notRight: (n) => `Câu ${n}: chưa đúng.`,
    state: (answered, total, right) => `Đã trả lời ${answered}/${total} câu · đúng ${right}`,
    saved: (n, file) => `Đã lưu ${n} câu trả lời vào ${file}.`,
    lost: "Trình duyệt này không cho lưu: câu trả lời sẽ mất khi đóng trang.",
  },
  en: {
    check: "Check", back: "← Back", next: "Next →", all: "All on one page", again: "Again, shuffled",
    wrong: "Only the wrong ones", whole: "Back to the first quiz", choose: "Choose an answer first.", precise: "To be precise",
    read: "Read again", others: "Why not the others?", name: "Your name", save: "Save the answers as a file",
    noName: "Write your name first.", nothing: "There are no answers to save yet.", file: "quiz",
    show: "Questions", sets: { handout: "The handout's ten", more: "More questions", both: "All" },
    title: (n, total) => `Question ${n} of ${total}`, group: (n) => `Question ${n}: choose one answer`,
    right: (n) => `Question ${n}: that is right!`, notRight: (n) => `Question ${n}: not right.`,
    state: (answered, total, right) => `${answered} of ${total} answered · ${right} right`,
    saved: (n, file) => `${n} answers saved in ${file}.`,
    lost: "This browser keeps nothing: your answers will be lost when the page is closed.",
  },
};
const LETTERS = ["A", "B", "C", "D"];

// The answers: question id → {chosen, first, attempts, time}, letters of the bank, as in vae_helpers/quiz/answers.py.
const quizAnswers = {
  key: "vae-quiz-answers", memory: {}, keeps: true,
  read() {
    try { return JSON.parse(localStorage.getItem(this.key))?.answers ?? this.memory; } catch { return this.memory; }
  },
  enter(id, letter) {
    const answers = this.read(), before = answers[id];
    const time = new Date().toISOString().replace("Z", "+00:00");
    answers[id] = { chosen: letter, first: before?.first ?? letter, attempts: (before?.attempts ?? 0) + 1, time };
    this.memory = answers;
    try { localStorage.setItem(this.key, JSON.stringify({ version: 1, answers })); } catch { this.keeps = false; }
  },
};

// What Quiz.export writes: one entry for each answered question, without its key.
function quizExport(name, questions) {
  const records = quizAnswers.read();
  const answers = questions.filter(({ id }) => records[id]).map(({ id, key }) => {
    const { chosen, first, attempts, time } = records[id];
    return { question: id, right: chosen === key, chosen, attempts, first, time };
  });
  return { version: 1, name, answers };
}

function quizElement(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children.filter(Boolean));
  return element;
}

// One quiz on a page. A round is a list of {question, letters: letter on the page → letter of the bank, fresh}; a question that
// is fresh is still to be answered in this round, whatever was answered before.
class PageQuiz {
  constructor(root, questions) {
    this.root = root;
    this.words = quizWords[document.documentElement.lang] ?? quizWords.en;
    this.questions = questions;
    this.serial = PageQuiz.count = (PageQuiz.count ?? 0) + 1;
    this.onePage = false;
    this.begin(this.whole());
  }

  whole() {
    const identity = Object.fromEntries(LETTERS.map((letter) => [letter, letter]));
    return this.chosen().map((question) => ({ question, letters: identity, fresh: false }));
  }

  chosen() {
    const set = this.set ?? (this.root.hasAttribute("data-filters") ? "handout" : "both");
    return this.questions.filter((question) => set === "both" || question.set === set);
  }

  begin(round) {
    this.round = round;
    this.place = Math.max(0, round.findIndex((entry) => !this.given(entry)));
    this.draw();
  }

  given({ question, fresh }) {
    return fresh ? undefined : quizAnswers.read()[question.id]?.chosen;
  }

  isRight(entry) {
    return this.given(entry) === entry.question.key;
  }

  again() {
    const shuffled = () => {
      const old = [...LETTERS];
      do for (let i = 3; i > 0; i--) { const j = Math.floor(Math.random() * (i + 1)); [old[i], old[j]] = [old[j], old[i]]; }
      while (old.join("") === LETTERS.join(""));
      return Object.fromEntries(LETTERS.map((letter, i) => [letter, old[i]]));
    };
    this.begin(this.round.map(({ question }) => ({ question, letters: shuffled(), fresh: true })));
  }

  wrongOnly() {
    this.begin(this.round.filter((entry) => this.given(entry) && !this.isRight(entry)).map((entry) => ({ ...entry, fresh: true })));
  }

  draw() {
    const { words } = this;
    const button = (text, action) => quizElement("button", { type: "button", textContent: text, onclick: action });
    this.status = quizElement("p");
    this.status.setAttribute("role", "status");
    this.bar = quizElement("progress");
    this.jump = quizElement("select", { onchange: () => this.go(Number(this.jump.value)) });
    this.jump.setAttribute("aria-label", words.show);
    this.back = button(words.back, () => this.go(this.place - 1));
    this.next = button(words.next, () => this.go(this.place + 1));
    this.all = button(words.all, () => { this.onePage = !this.onePage; this.layOut(); });
    this.cards = quizElement("div");
    this.onlyWrong = button(words.wrong, () => this.wrongOnly());
    this.once = button(words.again, () => this.again());
    this.message = quizElement("p");
    this.message.setAttribute("role", "status");
    this.root.replaceChildren(
      this.sets() ?? "", this.status, this.bar,
      quizElement("div", { className: "row" }, this.back, this.jump, this.next, this.all),
      this.cards,
      quizElement("div", { className: "row" }, this.once, this.onlyWrong, button(words.whole, () => this.begin(this.whole()))),
      this.saving(),
    );
    this.layOut();
  }

  sets() {
    if (!this.root.hasAttribute("data-filters")) return null;
    const select = quizElement("select", { onchange: () => { this.set = select.value; this.begin(this.whole()); } });
    for (const [value, text] of Object.entries(this.words.sets)) select.append(new Option(text, value, false, value === (this.set ?? "handout")));
    return quizElement("label", { className: "row" }, `${this.words.show}: `, select);
  }

  saving() {
    const name = quizElement("input", { autocomplete: "name", maxLength: 100 });
    const save = () => {
      const written = name.value.trim().replace(/\s+/g, " "), content = quizExport(written, this.questions);
      if (!written) { this.message.textContent = this.words.noName; name.focus(); return; }
      if (!content.answers.length) { this.message.textContent = this.words.nothing; return; }
      const file = `${this.words.file}_${written.replace(/[^\p{Letter}\p{Number}]+/gu, "_")}.json`;
      const address = URL.createObjectURL(new Blob([JSON.stringify(content, null, 1) + "\n"], { type: "application/json" }));
      quizElement("a", { href: address, download: file }).click();
      setTimeout(() => URL.revokeObjectURL(address), 10000);
      this.message.textContent = this.words.saved(content.answers.length, file);
    };
    const form = quizElement("form", { className: "row", onsubmit: (event) => { event.preventDefault(); save(); } },
      quizElement("label", {}, `${this.words.name} `, name), quizElement("button", { textContent: this.words.save }));
    return quizElement("div", {}, form, this.message);
  }

  go(place) {
    this.place = Math.min(Math.max(place, 0), this.round.length - 1);
    this.layOut();
    this.cards.querySelector("h3")?.focus();
  }

  layOut() {
    const shown = this.onePage ? this.round.map((_, place) => place) : this.round.length ? [this.place] : [];
    this.cards.replaceChildren(...shown.map((place) => this.card(place)));
    this.refresh();
  }

  refresh() {
    const { round, words } = this, answered = round.filter((entry) => this.given(entry)), right = answered.filter((entry) => this.isRight(entry));
    this.status.textContent = words.state(answered.length, round.length, right.length) + (quizAnswers.keeps ? "" : ` · ${words.lost}`);
    this.bar.max = Math.max(round.length, 1);
    this.bar.value = answered.length;
    this.bar.setAttribute("aria-label", this.status.textContent);
    this.all.setAttribute("aria-pressed", this.onePage);
    const mark = (entry) => (this.given(entry) ? (this.isRight(entry) ? " ✓" : " ✗") : "");
    this.jump.replaceChildren(...round.map((entry, place) => new Option(`${place + 1}${mark(entry)}`, place, false, place === this.place)));
    for (const part of [this.back, this.jump, this.next]) part.hidden = this.onePage || round.length < 2;
    this.back.disabled = this.place === 0;
    this.next.disabled = this.place >= round.length - 1;
    this.once.disabled = !answered.length;
    this.onlyWrong.disabled = right.length === answered.length;
  }

  // One question: the same markup as the widget's card.
  card(place) {
    const { words, round } = this, entry = round[place], { question, letters } = entry, given = this.given(entry), over = this.isRight(entry);
    const name = `quiz-${this.serial}-${question.id}`;
    const rows = LETTERS.map((letter) => {
      const own = letters[letter], mark = given === own ? (over ? "✓ " : "✗ ") : "";
      const radio = quizElement("input", { type: "radio", name, value: own, checked: given === own, disabled: over });
      return quizElement("label", { className: `option ${mark ? (over ? "right" : "wrong") : ""}` },
        radio, quizElement("strong", { textContent: `${mark}${letter}.` }), quizElement("div", { innerHTML: question.options[own] }));
    });
    const group = quizElement("div", {}, ...rows), told = quizElement("div");
    group.setAttribute("role", "radiogroup");
    group.setAttribute("aria-label", words.group(place + 1));
    told.setAttribute("role", "status");
    const form = quizElement("form", {}, group, over ? null : quizElement("button", { textContent: words.check }), told);
    const card = quizElement("div", { className: "vae-quiz-card" },
      quizElement("h3", { textContent: words.title(place + 1, round.length), tabIndex: -1 }), quizElement("div", { innerHTML: question.question }), form);
    form.onsubmit = (event) => {
      event.preventDefault();
      const letter = form.elements[name].value;
      if (!letter) { told.textContent = words.choose; return; }
      quizAnswers.enter(question.id, letter);
      entry.fresh = false;
      const after = this.card(place);
      card.replaceWith(after);
      after.querySelector(this.isRight(entry) ? ".told" : "input:checked").focus();
      this.refresh();
    };
    if (given) this.explain(told, entry, place);
    return card;
  }

  explain(told, { question, letters }, place) {
    const { words } = this, given = quizAnswers.read()[question.id].chosen, right = given === question.key;
    const part = (html) => quizElement("div", { innerHTML: html });
    told.className = `told ${right ? "right" : "wrong"}`;
    told.tabIndex = -1;
    told.append(quizElement("p", {}, quizElement("strong", { textContent: `${right ? "✓" : "✗"} ${right ? words.right(place + 1) : words.notRight(place + 1)}` })), part(question.why[given]));
    if (right && question.precise) told.append(quizElement("p", {}, quizElement("strong", { textContent: `${words.precise}:` })), part(question.precise));
    told.append(quizElement("p", { innerHTML: `${words.read}: ${question.read}` }));
    if (!right) return;
    const others = LETTERS.filter((letter) => letters[letter] !== given).map((letter) =>
      quizElement("div", { className: "option" }, quizElement("strong", { textContent: `${letter}.` }), part(question.why[letters[letter]])));
    told.append(quizElement("details", {}, quizElement("summary", { textContent: words.others }), ...others));
  }
}

document.addEventListener("DOMContentLoaded", () => {
  for (const root of document.querySelectorAll(".vae-quiz[data-lessons]")) {
    const lessons = root.dataset.lessons.split(" ");
    const questions = (globalThis.vaeQuestions ?? []).filter(({ lesson }) => lessons.includes(lesson));
    new PageQuiz(root, questions);
  }
});
