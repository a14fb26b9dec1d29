/* pad.js: a handwritten signature becomes a PNG in a hidden field; one kept after a refusal is shown until rewritten. */
(function () {
  "use strict";
  document.querySelectorAll("[data-pad-field]").forEach((field) => {
    const box = field.querySelector("[data-pad]"), canvas = field.querySelector("canvas"), value = field.querySelector("[data-pad-value]");
    const words = field.querySelector("[data-pad-words]");
    let pad = null;
    const fit = () => {
      const k = Math.max(devicePixelRatio || 1, 2);
      canvas.width = canvas.offsetWidth * k; canvas.height = canvas.offsetHeight * k;
      canvas.getContext("2d").scale(k, k);
    };
    const start = () => {
      canvas.hidden = false;
      fit();
      pad = new SignaturePad(canvas, { penColor: "#1f2933", minWidth: 1, maxWidth: 3 });
      pad.addEventListener("beginStroke", () => box.classList.remove("lz-pad-empty"));
      pad.addEventListener("endStroke", () => {
        value.value = pad.toDataURL("image/png");
        words.textContent = "已签名";
        value.dispatchEvent(new Event("input", { bubbles: true }));
      });
    };
    field.querySelector("[data-pad-clear]").addEventListener("click", () => {
      const image = box.querySelector("img");
      if (image) image.remove();
      value.value = "";
      box.classList.add("lz-pad-empty");
      words.textContent = "用鼠标、手指或者手写笔书写";
      if (pad) pad.clear(); else start();
      value.dispatchEvent(new Event("input", { bubbles: true }));
    });
    if (!value.value) start();
    addEventListener("resize", () => { if (!pad) return; const kept = pad.toData(); fit(); pad.fromData(kept); });
  });
})();
