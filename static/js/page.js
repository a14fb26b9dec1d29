/* page.js: menus, toasts, dialogs, jobs without htmx. Everything reads and works without it; it writes no style. */
(function () {
  "use strict";
  const on = (type, selector, act) => document.addEventListener(type, (e) => {
    const found = e.target instanceof Element ? e.target.closest(selector) : null;
    if (found) act(found, e);
  });

  /* menus close when one clicks elsewhere or presses Escape; Escape gives the focus back */
  const menus = (except) => document.querySelectorAll("details.lz-drop[open]").forEach((d) => { if (!d.contains(except)) d.open = false; });
  document.addEventListener("click", (e) => menus(e.target));
  document.addEventListener("keydown", (e) => {
    if (e.key !== "Escape") return;
    const open = document.activeElement ? document.activeElement.closest("details.lz-drop[open]") : null;
    menus(null);
    if (open) open.querySelector("summary").focus();
  });

  /* toasts: closed by hand; good news leaves by itself after ten seconds unless one is on it */
  on("click", "[data-toast-close]", (b) => b.closest("[data-toast]").remove());
  const fade = (t) => setTimeout(() => { if (t.matches(":hover, :focus-within")) fade(t); else t.remove(); }, 10000);
  document.querySelectorAll(".lz-toast-good[data-toast]").forEach((t) => { if (t.closest(".lz-toasts")) fade(t); });

  /* dialogs: the details of the page becomes a modal; its form stays the same one */
  on("click", "[data-dialog] > summary", (summary, e) => {
    e.preventDefault();
    const details = summary.parentElement;
    const form = details.querySelector(":scope > form");
    const modal = document.createElement("dialog");
    modal.className = "lz-dialog";
    modal.setAttribute("aria-labelledby", form.getAttribute("aria-labelledby"));
    modal.append(form);
    form.classList.remove("lz-dialog", "lz-dialog-static");
    form.classList.add("lz-dialog-form");
    document.body.append(modal);
    modal.addEventListener("close", () => {
      form.classList.add("lz-dialog", "lz-dialog-static");
      details.append(form);
      modal.remove();
      summary.focus();
    });
    modal.showModal();
    const first = form.querySelector("textarea, input:not([type=hidden]), select");
    if (first) first.focus();
  });
  on("click", "[data-dialog-close]", (b) => { const d = b.closest("dialog"); if (d) d.close(); });

  /* the error summary takes the focus, so that it is read out and its links are next */
  const summary = document.querySelector("[data-summary]");
  if (summary) summary.focus();

  /* copy the address of this view */
  on("click", "[data-copy]", async (b) => {
    const address = new URL(b.dataset.copy, location.href).href;
    const words = b.textContent;
    try { await navigator.clipboard.writeText(address); b.textContent = "已复制"; }
    catch (_) { b.textContent = address; return; }
    setTimeout(() => { b.textContent = words; }, 2000);
  });
  on("click", "[data-print]", () => print());

  /* a session that has ended answers a part with the log-in page: go there instead of putting it into the page */
  document.addEventListener("htmx:beforeSwap", (e) => {
    const answer = e.detail.xhr;
    if (answer.responseURL && new URL(answer.responseURL).pathname !== new URL(e.detail.pathInfo.finalRequestPath, location.href).pathname) {
      e.detail.shouldSwap = false;
      location.reload();
    }
  });
  document.addEventListener("htmx:sendError", () => say("网络不通，页面上的内容没有更新。请稍后再试。", "bad"));
  document.addEventListener("htmx:responseError", () => say("没有办成，页面上的内容没有更新。请刷新后再试。", "bad"));
  function say(words, tone) {
    const toast = document.createElement("div");
    toast.className = "lz-toast lz-toast-" + tone;
    toast.dataset.toast = "";
    toast.textContent = words;
    document.getElementById("toasts").replaceChildren(toast);
    fade(toast);
  }
})();
