"use strict";
const $ = (id) => document.getElementById(id);
const token = document.querySelector("meta[name=token]").content;
const SVG = "http://www.w3.org/2000/svg";
const REASONS = 6, EARLIER = 8;
let latest = 0;

const signed = (value) => (value < 0 ? "\u2212" : "+") + Math.abs(value).toFixed(2);

function element(name, text, kind) {
  const made = document.createElement(name);
  made.textContent = text;
  if (kind) made.className = kind;
  return made;
}

function bar(share, kind) {
  const svg = document.createElementNS(SVG, "svg");
  for (const [name, width] of [["track", 100], [kind, 100 * share]]) {
    const rect = document.createElementNS(SVG, "rect");
    for (const [key, value] of Object.entries({ class: name, width: width + "%", height: 4, rx: 2 }))
      rect.setAttribute(key, value);
    svg.append(rect);
  }
  for (const [key, value] of Object.entries({ width: "100%", height: 4, "aria-hidden": true })) svg.setAttribute(key, value);
  return svg;
}

function row(name, value, share, kind) {
  const item = document.createElement("li");
  item.append(element("bdi", name), element("span", value, "number"), bar(share, kind));
  return item;
}

function show(text, answer) {
  $("label").textContent = answer.class;
  $("margin").textContent = answer.margin.toFixed(2);
  $("runner").textContent = answer.runner_up;
  $("sentence").replaceChildren(
    ...answer.stretches.flatMap(({ text, shade }) => {
      const words = text.trimEnd();
      const kind = (shade > 0 ? "for-" : "against-") + Math.abs(shade);
      return shade ? [element("mark", words, kind), text.slice(words.length)] : [text];
    })
  );
  const reasons = answer.evidence.slice(0, REASONS);
  const most = Math.max(...reasons.map((each) => Math.abs(each.weight)), 1e-9);
  $("reasons").replaceChildren(
    ...reasons.map((each) =>
      row(each.words, signed(each.weight), Math.abs(each.weight) / most, each.weight > 0 ? "part" : "down")
    )
  );
  if (!reasons.length) $("reasons").append(element("li", "Nothing in the text: the class is the one without evidence."));
  const scores = answer.ranking.map((each) => each.score);
  const low = Math.min(...scores, 0), high = Math.max(...scores, low + 1);
  $("ranking").replaceChildren(
    ...answer.ranking.map((each) => row(each.class, each.score.toLocaleString("en"), (each.score - low) / (high - low), "part"))
  );
  $("cycles").textContent = `First token in to class out: ${answer.cycles}. Answered in ${answer.milliseconds} ms.`;
  $("waiting").hidden = true;
  $("answer").hidden = false;
  const line = document.createElement("li");
  line.append(element("bdi", text), element("bdi", answer.class, "class"));
  $("earlier").prepend(line);
  while ($("earlier").children.length > EARLIER) $("earlier").lastChild.remove();
  $("earlier-title").hidden = false;
}

function complain(problem) {
  $("trouble").textContent = problem;
  $("trouble").hidden = !problem;
}

async function ask(text) {
  const own = ++latest;
  const button = document.querySelector("form button");
  button.setAttribute("aria-disabled", "true");
  try {
    const reply = await fetch("/classify", {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Hwgen-Token": token },
      body: JSON.stringify({ text: text.toWellFormed ? text.toWellFormed() : text }),
    });
    const answer = await reply.json();
    if (own !== latest) return;
    complain(reply.ok ? "" : answer.error);
    if (reply.ok) show(text, answer);
  } catch {
    if (own === latest) complain("The server does not answer; is hwgen demo still running?");
  } finally {
    if (own === latest) button.removeAttribute("aria-disabled");
  }
}

$("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  ask($("text").value);
});
for (const sample of document.querySelectorAll(".sample"))
  sample.addEventListener("click", () => {
    $("text").value = sample.textContent;
    ask(sample.textContent);
  });
