// Puts the newest facts in a page every half minute, for as long as the box is ticked; the browser remembers that it was
// not. Nothing moves but the facts, and nothing at all while somebody is busy in them or in a form. Without this script
// the page has a link that does the same.
const box = document.getElementById("vernieuwt");
const KEY = "praktijktest-vernieuwt";
box.checked = sessionStorage.getItem(KEY) !== "nee";
box.addEventListener("change", () => sessionStorage.setItem(KEY, box.checked ? "ja" : "nee"));
box.closest("p").hidden = false;

function busy() {
  const there = document.activeElement;
  return Boolean(there && there !== box && there.closest("form, #stand"));
}

async function renew() {
  if (!box.checked || document.hidden || busy()) return;
  try {
    const answer = await fetch(location.href, { cache: "no-store" });
    if (!answer.ok) throw new Error(answer.statusText);
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (busy()) return;
    for (const place of ["#stand", "#stand-van"]) {
      document.querySelector(place).replaceWith(document.importNode(fresh.querySelector(place), true));
    }
  } catch {
    const note = document.getElementById("stand-van");
    note.textContent = note.dataset.old;
  }
}
setInterval(renew, 30000);
