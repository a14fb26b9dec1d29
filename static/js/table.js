/* table.js: the uniform table with script: search as you type, parts instead of pages, how many rows are ticked. */
(function () {
  "use strict";
  const WAIT = 250;   /* ms after the last key */
  let timer = 0;
  const search = (form) => { clearTimeout(timer); timer = setTimeout(() => htmx.trigger(form, "lz-search"), WAIT); };
  const formOf = (el) => el.form && el.form.matches("[data-table-form]") ? el.form : null;

  /* an input method sends keys while a word is still being composed: wait until it is a word */
  document.addEventListener("input", (e) => {
    if (e.isComposing || e.target.type !== "search") return;
    const form = formOf(e.target); if (form) search(form);
  });
  document.addEventListener("compositionend", (e) => { const form = formOf(e.target); if (form) search(form); });
  document.addEventListener("change", (e) => {
    const form = formOf(e.target);
    if (form && e.target.type !== "search") search(form);
    if (e.target.closest(".lz-list")) count(e.target.closest(".lz-list"));
  });

  /* the address stays short: what is empty does not stand in it */
  document.addEventListener("htmx:configRequest", (e) => {
    if (!e.detail.elt.matches("[data-table-form]")) return;
    for (const key of ["q", "sort"]) if (!e.detail.parameters.get(key)) e.detail.parameters.delete(key);
    if (e.detail.parameters.get("size") === "20") e.detail.parameters.delete("size");
  });

  /* sorting and paging fetch only the part; an opened new tab still gets the page */
  document.addEventListener("click", (e) => {
    const link = e.target instanceof Element ? e.target.closest("[data-part-link]") : null;
    if (!link || e.ctrlKey || e.metaKey || e.shiftKey || e.button) return;
    e.preventDefault();
    const part = link.closest("[data-part]");
    const address = link.getAttribute("href");
    const up = link.closest(".lz-pager");
    htmx.ajax("GET", address, { source: part, target: "#" + part.id, select: "#" + part.id, swap: "outerHTML" }).then(() => {
      history.pushState({}, "", address);
      if (up) document.getElementById(part.id).scrollIntoView({ block: "start" });
    });
  });
  addEventListener("popstate", () => location.reload());

  /* while rows come, the part says so; afterwards the export of the head follows the conditions */
  document.addEventListener("htmx:beforeRequest", (e) => { const p = partOf(e); if (p) p.setAttribute("aria-busy", "true"); });
  document.addEventListener("htmx:afterSwap", (e) => {
    const part = e.detail.target.id && document.getElementById(e.detail.target.id);
    if (!part || !part.matches("[data-part]")) return;
    const link = part.closest(".lz-list").querySelector("[data-export]");
    if (link) link.href = part.dataset.exportAddress;
    const next = part.closest(".lz-list").querySelector("input[name=next]");
    if (next) next.value = location.pathname + location.search;
  });
  function partOf(e) { const t = e.detail.target; return t && t.matches && t.matches("[data-part]") ? t : null; }

  /* ticks */
  function count(list) {
    const boxes = [...list.querySelectorAll("input[name=pick]")];
    const picked = boxes.filter((b) => b.checked).length;
    const words = list.querySelector("[data-picked]");
    const all = list.querySelector("[data-pick-matching]");
    if (words) words.textContent = all && all.checked ? "已选全部" : "已选 " + picked + "\u00a0" + words.dataset.measure;
    const page = list.querySelector("[data-pick-page]");
    if (page) { page.checked = picked > 0 && picked === boxes.length; page.indeterminate = picked > 0 && picked < boxes.length; }
  }
  document.addEventListener("change", (e) => {
    if (!e.target.matches("[data-pick-page]")) return;
    const list = e.target.closest(".lz-list");
    list.querySelectorAll("input[name=pick]").forEach((b) => { b.checked = e.target.checked; });
    count(list);
  });
  document.addEventListener("reset", (e) => { const list = e.target.closest(".lz-list"); if (list) setTimeout(() => count(list)); });
})();
