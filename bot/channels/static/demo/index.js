// The demo's first page: the brands to choose from, and sentences that copy themselves.
const copied = document.getElementById("copied");

for (const button of document.querySelectorAll(".tries button")) {
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(button.textContent);
      copied.textContent = `Copied: ${button.textContent}`;
    } catch {
      // Not allowed here (plain http): the sentence is selected, ready for the copy key.
      getSelection().selectAllChildren(button);
      copied.textContent = "Selected: press Ctrl+C to copy.";
    }
  });
}

function card(id, { name, colour, site }) {
  const link = document.createElement("a");
  link.href = `/demo/${encodeURIComponent(id)}`;
  link.style.setProperty("--brand", colour);
  const mark = document.createElement("span");
  mark.className = "mark";
  mark.textContent = name[0];
  const text = document.createElement("span");
  const title = document.createElement("strong");
  title.textContent = name;
  const address = document.createElement("span");
  address.textContent = (site ?? "").replace(/^https?:\/\//, "");
  text.append(title, address);
  link.append(mark, text);
  const item = document.createElement("li");
  item.append(link);
  return item;
}

const list = document.getElementById("brands");
try {
  const brands = await (await fetch("/channels/webchat/brands")).json();
  list.replaceChildren(...Object.entries(brands).map(([id, brand]) => card(id, brand)));
} catch {
  list.textContent = "The brands could not be loaded. Is the server running? Reload to try again.";
}
