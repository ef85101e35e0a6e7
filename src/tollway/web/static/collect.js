// Puts what stands after the # of a one-time link into the form, and off the address bar and the history; copies the
// secret. It never sends the form: only a person does. Without this file the link is pasted.
const form = document.querySelector("[data-collect]");
const presented = location.hash.slice(1);
if (form && presented) {
  const field = form.querySelector("input");
  field.value = presented;
  field.closest(".field").hidden = true;
  history.replaceState(null, "", location.pathname);
  form.querySelector("button").focus();
}

const copy = document.querySelector("[data-copy]");
if (copy && navigator.clipboard) {
  const secret = document.getElementById(copy.dataset.copy);
  copy.hidden = false;
  copy.addEventListener("click", async () => {
    const said = document.querySelector("[role=status]");
    try {
      await navigator.clipboard.writeText(secret.value);
      said.textContent = "Copied.";
    } catch {
      secret.select();
      said.textContent = "Copy it with your keyboard: it is selected.";
    }
  });
}
