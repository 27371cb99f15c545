// "Check" is pressed, or Enter: the chosen letter with a "!", or "!" alone if there is none.
const c = this.closest(".vae-quiz-card"), f = c.querySelector(".vae-quiz-field input");
f.value = c.querySelector("form").choice.value + "!";
f.dispatchEvent(new Event("input", { bubbles: true }));
f.dispatchEvent(new Event("change", { bubbles: true }));
return false;
