/* form.js: nothing typed is lost. A changed form warns before it is left; a draft is kept in this tab until it is sent. */
(function () {
  "use strict";
  const KEPT = "textarea, select, input:not([type=hidden]):not([type=password]):not([type=file])";
  const keyOf = (form) => "draft:" + location.pathname + ":" + form.dataset.keep;
  let dirty = false;

  /* a draft stays in sessionStorage: this tab, this computer, gone when the browser is closed or the form was sent */
  const read = (form) => [...form.querySelectorAll(KEPT)].filter((f) => f.name).map((f) => [f.name, f.value, f.checked]);
  const write = (form, kept) => {
    const fields = [...form.querySelectorAll(KEPT)].filter((f) => f.name);
    fields.forEach((f) => {
      const same = kept.find((k) => k[0] === f.name && (!/^(radio|checkbox)$/.test(f.type) || k[1] === f.value));
      if (!same) return;
      if (/^(radio|checkbox)$/.test(f.type)) f.checked = same[2]; else f.value = same[1];
    });
  };
  const say = (form, words) => { const place = form.querySelector("[data-draft-words]"); if (place) place.textContent = words; };
  const clock = () => new Date().toTimeString().slice(0, 5);

  document.querySelectorAll("form[data-keep]").forEach((form) => {
    const key = keyOf(form);
    const start = JSON.stringify(read(form));
    const refused = form.querySelector("[aria-invalid]") || document.querySelector("[data-summary]");
    const kept = sessionStorage.getItem(key);
    if (kept && !refused && kept !== start) {
      write(form, JSON.parse(kept));
      dirty = true;
      say(form, "已恢复上次没有提交的内容");
    }
    let timer = 0;
    form.addEventListener("input", () => {
      dirty = true;
      clearTimeout(timer);
      timer = setTimeout(() => {
        try { sessionStorage.setItem(key, JSON.stringify(read(form))); say(form, "草稿已于 " + clock() + " 自动保存在本机"); }
        catch (_) { say(form, "草稿没有保存，请尽快提交"); }
      }, 600);
    });
    form.addEventListener("submit", () => { dirty = false; sessionStorage.removeItem(key); });
  });

  /* forms without a draft still warn */
  document.addEventListener("input", (e) => { const f = e.target.form; if (f && f.matches("[data-warn]")) dirty = true; });
  document.addEventListener("submit", () => { dirty = false; });
  addEventListener("beforeunload", (e) => { if (dirty) { e.preventDefault(); e.returnValue = ""; } });

  /* a form is sent once: the second click of an impatient hand does nothing */
  document.addEventListener("submit", (e) => {
    const form = e.target;
    if (form.method !== "post" || form.dataset.sent) { if (form.dataset.sent) e.preventDefault(); return; }
    form.dataset.sent = "1";
    setTimeout(() => { delete form.dataset.sent; }, 8000);
  });
  addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((f) => { delete f.dataset.sent; }));

  /* show what a file field holds; the sign of what was chosen stands beside it */
  document.addEventListener("change", (e) => {
    if (e.target.type !== "file") return;
    const words = e.target.closest(".lz-file") && e.target.closest(".lz-file").querySelector("[data-file-words]");
    if (words) words.textContent = [...e.target.files].map((f) => f.name).join("，") || "未选择文件";
  });
})();
