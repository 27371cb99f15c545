// A radio button of a question has changed: its letter goes to the kernel.
const c = this.closest(".vae-quiz-card"), f = c.querySelector(".vae-quiz-field input");
f.value = event.target.value;
f.dispatchEvent(new Event("input", { bubbles: true }));
f.dispatchEvent(new Event("change", { bubbles: true }));
