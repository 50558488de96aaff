// Puts the newest facts in the status page every half minute, for as long as the box is ticked. Nothing moves but the
// facts: focus and place stay. Without this script the page has a link that does the same.
const box = document.getElementById("vernieuwt");
box.closest("p").hidden = false;

async function renew() {
  if (!box.checked || document.hidden) return;
  const note = document.querySelector(".pt-main > .pt-note");
  try {
    const answer = await fetch(location.href, { cache: "no-store" });
    if (!answer.ok) throw new Error(answer.statusText);
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const place of ["#stand", ".pt-main > .pt-note"]) {
      document.querySelector(place).replaceWith(document.importNode(fresh.querySelector(place), true));
    }
  } catch {
    note.textContent = "Deze stand is oud: de pagina is niet te vernieuwen. Kijk of praktijktest web nog draait.";
  }
}
setInterval(renew, 30000);
