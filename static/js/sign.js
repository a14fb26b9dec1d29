/* sign.js: on a phone the bar at the bottom first leads through the text, then offers to sign. Without script all is there at once. */
(function () {
  "use strict";
  const form = document.querySelector("form[data-sign]");
  if (!form) return;
  const text = form.querySelector("[data-sign-text]"), panel = form.querySelector("#sign");
  const on = form.querySelector("[data-sign-on]"), words = form.querySelector("[data-sign-words]");
  const next = words.textContent;
  if ("fresh" in form.dataset) form.dataset.unread = "";
  const read = form.querySelector("[name=confirmed_read]"), drawing = form.querySelector("[name=drawing]");
  const typed = form.querySelector("[name=typed_name]"), password = form.querySelector("[name=password]");

  /* how far the text has been scrolled through; once seen to its end it stays read */
  const measure = () => {
    if (!("unread" in form.dataset)) return;
    const seen = innerHeight - text.getBoundingClientRect().top;
    const part = Math.max(0, Math.min(1, seen / text.offsetHeight));
    on.textContent = part < 1 ? "继续阅读，已读 " + Math.floor(part * 100) + "%" : "已读到文末，去签名";
    if (panel.getBoundingClientRect().top < innerHeight - 160) { delete form.dataset.unread; say(); }
  };
  on.addEventListener("click", (e) => {
    const end = text.getBoundingClientRect().bottom;
    if (end > innerHeight) { e.preventDefault(); scrollBy({ top: Math.min(innerHeight - 200, end - innerHeight + 220) }); }
  });

  /* only the ink is sent, not the empty field around it: so a signature is as large on paper as it was meant */
  const trim = () => {
    const canvas = form.querySelector("[data-pad] canvas");
    if (!drawing.value || !canvas || !canvas.width) return;
    const { width, height } = canvas, ink = canvas.getContext("2d").getImageData(0, 0, width, height).data;
    let left = width, right = 0, top = height, bottom = 0;
    for (let at = 3, n = 0; at < ink.length; at += 4, n++) {
      if (!ink[at]) continue;
      const x = n % width, y = (n / width) | 0;
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < top) top = y;
      if (y > bottom) bottom = y;
    }
    if (right <= left || bottom <= top) return;
    const edge = 12, cut = document.createElement("canvas");
    cut.width = right - left + 2 * edge; cut.height = bottom - top + 2 * edge;
    cut.getContext("2d").drawImage(canvas, edge - left, edge - top);
    drawing.value = cut.toDataURL("image/png");
  };
  drawing.addEventListener("input", trim);

  /* what is still missing, in the order in which it is asked */
  const say = () => {
    const done = [], left = [];
    (read.checked ? done : left).push("阅读确认");
    (drawing.value || typed.value.trim() ? done : left).push("签名");
    (password.value ? done : left).push("密码");
    words.textContent = left.length ? "还需" + left.join("、") : next;
  };
  form.addEventListener("input", say);
  form.addEventListener("change", say);
  addEventListener("scroll", measure, { passive: true });
  addEventListener("resize", measure);
  measure();
  if (!("unread" in form.dataset)) say();
})();
