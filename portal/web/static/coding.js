// Coding with keys: 1 to 9 choose a label, Enter saves (the browser's own), t opens the doubt, z takes back. The keys can
// be switched off, and do nothing while somebody types. Without this script the page has all of it as buttons.
const own = "praktijktest-toetsen";
const box = document.getElementById("toetsen-aan");

function typing(target) {
  return target.closest("textarea, select, input:not([type=radio]):not([type=checkbox])") !== null;
}

function choose(key) {
  const radio = document.querySelector(`#coderen [data-key="${key}"]`);
  if (radio) {
    radio.checked = true;
    radio.focus();
  }
}

function act(key) {
  const doubt = document.getElementById("twijfel");
  if (key >= "1" && key <= "9") choose(key);
  else if (key === "t" && doubt) {
    doubt.open = true;
    doubt.querySelector("textarea").focus();
  } else if (key === "z") document.querySelector("#terug button")?.click();
  else return false;
  return true;
}

document.addEventListener("keydown", (event) => {
  const off = box && !box.checked;
  if (off || event.ctrlKey || event.altKey || event.metaKey || event.repeat || typing(event.target)) return;
  if (act(event.key)) event.preventDefault();
});

if (box) {
  box.checked = localStorage.getItem(own) !== "uit";
  box.addEventListener("change", () => localStorage.setItem(own, box.checked ? "aan" : "uit"));
  document.getElementById("toetsen").hidden = false;
}
