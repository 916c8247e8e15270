"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const all = [...document.querySelectorAll(".moment")];
  const state = data.moments.map((one) => ({ ...one, kept: true, from: one.start, to: one.end }));
  const toast = document.querySelector(".toast");
  let current = -1;
  let stopAt = null;

  const section = (id) => document.getElementById(`video-${id}`);
  const player = (id) => section(id).querySelector("video");
  const band = (index) => document.getElementById(`band-${index}`);
  const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

  function clock(seconds) {
    const total = Math.round(Math.max(seconds, 0) * 10);
    const whole = Math.floor(total / 10);
    const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
    const text = parts[0]
      ? `${parts[0]}:${String(parts[1]).padStart(2, "0")}:${String(parts[2]).padStart(2, "0")}`
      : `${parts[1]}:${String(parts[2]).padStart(2, "0")}`;
    return `${text}.${total % 10}`;
  }

  function say(text) {
    toast.textContent = text;
    toast.classList.add("on");
    clearTimeout(say.timer);
    say.timer = setTimeout(() => toast.classList.remove("on"), 1800);
  }

  function show(index) {
    const one = state[index];
    const row = all[index];
    row.classList.toggle("off", !one.kept);
    row.querySelector(".tick").checked = one.kept;
    const times = row.querySelector(".range");
    times.textContent = `${clock(one.from)} – ${clock(one.to)}`;
    times.classList.toggle("edited", one.from !== one.start || one.to !== one.end);
    const mark = band(index);
    const duration = data.videos[one.video].duration;
    mark.style.left = `${(100 * one.from) / duration}%`;
    mark.style.width = `${(100 * (one.to - one.from)) / duration}%`;
    mark.classList.toggle("off", !one.kept);
  }

  function count() {
    const kept = state.filter((one) => one.kept).length;
    document.querySelector(".count").textContent = data.summary.replace("%", kept);
    document.getElementById("save").textContent = `Save selection (${kept})`;
  }

  function choose(index, { play = true, scroll = true } = {}) {
    if (index < 0 || index >= state.length) return;
    for (const one of document.querySelectorAll('[aria-current="true"]')) one.removeAttribute("aria-current");
    current = index;
    all[index].setAttribute("aria-current", "true");
    band(index).setAttribute("aria-current", "true");
    if (scroll) all[index].scrollIntoView({ block: "nearest" });
    const one = state[index];
    const video = player(one.video);
    for (const other of document.querySelectorAll("video")) if (other !== video) other.pause();
    seek(video, one.from);
    stopAt = one.to;
    if (play) video.play().catch(() => {});
  }

  // Before the length of a film is known, a browser drops a seek.
  function seek(video, time) {
    if (video.readyState >= 1) video.currentTime = time;
    else video.addEventListener("loadedmetadata", () => { video.currentTime = time; }, { once: true });
  }

  function tick(index, kept = !state[index].kept) {
    state[index].kept = kept;
    show(index);
    count();
  }

  function nudge(index, end, frames) {
    const one = state[index];
    const film = data.videos[one.video];
    const step = frames / (film.fps || 25);
    if (end) one.to = clamp(one.to + step, one.from, film.duration);
    else one.from = clamp(one.from + step, 0, one.to);
    show(index);
    seek(player(one.video), end ? one.to : one.from);
    stopAt = null;
  }

  function copy(text, what) {
    const done = () => say(`${what} copied`);
    if (navigator.clipboard && window.isSecureContext) {
      navigator.clipboard.writeText(text).then(done, () => fallback(text, done));
    } else fallback(text, done);
  }

  function fallback(text, done) {
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
    done();
  }

  // The same document that r2 writes, with what is ticked, as it was nudged; `r2 cut` and `r2 export` read it.
  function selection() {
    const results = data.document.results.map((result, place) => {
      const { scores, ...rest } = result;
      const kept = state.filter((one) => one.kept && one.result === place);
      const moments = kept.map((one) => ({ ...result.moments[one.place], start: one.from, end: one.to }));
      const step = 1 / result.sampling.clips_per_second;
      const saliency = scores.map((score, clip) => ({ time: (clip + 0.5) * step, score }));
      const whole = { ...rest, moments, saliency };
      delete whole.summary;
      return whole;
    });
    return { ...data.document, results };
  }

  function save() {
    const text = `${JSON.stringify(selection(), null, 2)}\n`;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
    link.download = "selection.json";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    say("saved as selection.json: r2 cut selection.json --clips DIR");
  }

  function film(index) {
    const home = section(index);
    const video = player(index);
    const head = home.querySelector(".head");
    const line = home.querySelector(".line");
    const { duration } = data.videos[index];
    video.addEventListener("timeupdate", () => {
      head.style.left = `${(100 * video.currentTime) / duration}%`;
      if (stopAt !== null && video.currentTime >= stopAt && current >= 0 && state[current].video === index) {
        video.pause();
        stopAt = null;
      }
    });
    video.addEventListener("error", () => { home.querySelector(".lost").hidden = false; video.hidden = true; });
    home.querySelector(".lost input").addEventListener("change", (event) => {
      const [file] = event.target.files;
      if (!file) return;
      video.src = URL.createObjectURL(file);
      video.hidden = false;
      home.querySelector(".lost").hidden = true;
    });
    line.addEventListener("click", (event) => {
      if (event.target.closest(".band")) return;
      const box = line.getBoundingClientRect();
      stopAt = null;
      seek(video, (duration * (event.clientX - box.left)) / box.width);
    });
  }

  function keyed(event) {
    if (event.target.matches("input:not(.tick), textarea") || event.ctrlKey || event.metaKey || event.altKey) return;
    const video = player(state[Math.max(current, 0)] ? state[Math.max(current, 0)].video : 0);
    const frame = 1 / (data.videos[state[Math.max(current, 0)]?.video ?? 0]?.fps || 25);
    const actions = {
      j: () => choose(Math.min(current + 1, state.length - 1)),
      k: () => choose(Math.max(current - 1, 0)),
      x: () => current >= 0 && tick(current),
      " ": () => { stopAt = null; if (video.paused) video.play().catch(() => {}); else video.pause(); },
      ArrowLeft: () => { stopAt = null; seek(video, Math.max(video.currentTime - (event.shiftKey ? frame : 1), 0)); },
      ArrowRight: () => { stopAt = null; seek(video, video.currentTime + (event.shiftKey ? frame : 1)); },
      "[": () => { if (current >= 0) { state[current].from = clamp(video.currentTime, 0, state[current].to); show(current); } },
      "]": () => { if (current >= 0) { state[current].to = Math.max(video.currentTime, state[current].from); show(current); } },
    };
    const act = actions[event.key];
    if (!act || (event.key === " " && event.target.closest("button, input, video"))) return;
    if (event.key.startsWith("Arrow") && event.target.closest("video")) return;
    event.preventDefault();
    act();
  }

  data.videos.forEach((_, index) => film(index));
  all.forEach((row, index) => {
    row.querySelector(".tick").addEventListener("change", (event) => tick(index, event.target.checked));
    row.querySelector(".thumb").addEventListener("click", () => choose(index));
    band(index).addEventListener("click", () => choose(index));
    row.querySelector(".tools").addEventListener("click", (event) => {
      const { act } = event.target.dataset;
      if (act === "copy") copy(`${clock(state[index].from)} – ${clock(state[index].to)}`, "time");
      else if (act) nudge(index, act[0] === "e", act[1] === "+" ? 1 : -1);
    });
  });
  document.getElementById("save").addEventListener("click", save);
  document.getElementById("command").addEventListener("click", () => copy(data.command, "command"));
  document.getElementById("theme").addEventListener("click", () => {
    const root = document.documentElement;
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
  });
  document.addEventListener("keydown", keyed);
  count();
})();
