"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const all = [...document.querySelectorAll(".moment")];
  const state = data.moments.map((one) => ({ ...one, kept: true, from: one.start, to: one.end }));
  const toast = document.querySelector(".toast");
  let current = -1;
  let active = 0; // the film that keys act on
  let stopAt = null;

  const section = (id) => document.getElementById(`video-${id}`);
  const player = (id) => section(id).querySelector("video");
  const band = (index) => document.getElementById(`band-${index}`);
  const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

  // A nudge by one picture would not be seen in tenths.
  function clock(seconds, digits = 1) {
    const total = Math.round(Math.max(seconds, 0) * 10 ** digits);
    const whole = Math.floor(total / 10 ** digits);
    const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
    const text = parts[0]
      ? `${parts[0]}:${String(parts[1]).padStart(2, "0")}:${String(parts[2]).padStart(2, "0")}`
      : `${parts[1]}:${String(parts[2]).padStart(2, "0")}`;
    return `${text}.${String(total % 10 ** digits).padStart(digits, "0")}`;
  }

  function say(text) {
    toast.textContent = text;
    toast.classList.add("on");
    clearTimeout(say.timer);
    say.timer = setTimeout(() => toast.classList.remove("on"), 1800);
  }

  const edited = (one) => one.from !== one.start || one.to !== one.end;
  const span = (one) => [one.from, one.to].map((time) => clock(time, edited(one) ? 3 : 1)).join(" – ");

  function show(index) {
    const one = state[index];
    const row = all[index];
    row.classList.toggle("off", !one.kept);
    row.querySelector(".tick").checked = one.kept;
    const times = row.querySelector(".range");
    times.textContent = span(one);
    times.classList.toggle("edited", edited(one));
    row.querySelector('[data-act="reset"]').hidden = !edited(one);
    band(index).classList.toggle("off", !one.kept);
    place(band(index), one);
    if (index === current) mark(one);
  }

  function place(element, one) {
    const { duration } = data.videos[one.video];
    element.style.left = `${(100 * Math.min(one.from, duration)) / duration}%`;
    element.style.width = `${(100 * Math.max(Math.min(one.to, duration) - one.from, 0)) / duration}%`;
  }

  function mark(one) {
    for (const other of document.querySelectorAll(".now")) other.hidden = true;
    const now = section(one.video).querySelector(".now");
    now.hidden = false;
    now.style.setProperty("--query", band(current).style.getPropertyValue("--query"));
    place(now, one);
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
    mark(one);
    active = one.video;
    const video = player(one.video);
    for (const other of document.querySelectorAll("video")) if (other !== video) other.pause();
    if (!play) return; // whoever wants it elsewhere seeks there
    seek(video, one.from);
    stopAt = one.to;
    video.play().catch(() => {});
  }

  // Before the length of a film is known, a browser drops a seek; of two at once, Chromium may show the first. So each
  // waits until the one before is on screen, and of several that wait, the last one counts.
  const waiting = new Map();
  const busy = new Set();
  const timeOf = (video) => waiting.get(video) ?? video.currentTime;
  function seek(video, time) {
    if (video.readyState < 1 || busy.has(video)) {
      waiting.set(video, time);
      return;
    }
    busy.add(video);
    video.currentTime = time;
  }
  const onScreen = (act) => requestAnimationFrame(() => requestAnimationFrame(act));
  function seekOn(video) {
    const time = waiting.get(video);
    waiting.delete(video);
    busy.delete(video);
    if (time !== undefined) seek(video, time);
  }

  function tick(index, kept = !state[index].kept) {
    state[index].kept = kept;
    show(index);
    count();
  }

  const picture = (one) => 1 / (data.videos[one.video].fps || 25);

  // One picture is left at least, and what is shown is the first or the last one that is in.
  function move(index, { from = state[index].from, to = state[index].to }) {
    const one = state[index];
    if (from !== one.from) one.from = clamp(from, 0, Math.max(one.to - picture(one), 0));
    if (to !== one.to) one.to = clamp(to, one.from + picture(one), Math.max(data.videos[one.video].duration, one.end));
    stopAt = null;
    show(index);
  }

  function reset(index) {
    Object.assign(state[index], { from: state[index].start, to: state[index].end });
    show(index);
  }

  function nudge(index, end, frames) {
    const one = state[index];
    if (index !== current) choose(index, { play: false, scroll: false });
    const step = frames * picture(one);
    move(index, end ? { to: one.to + step } : { from: one.from + step });
    player(one.video).pause();
    seek(player(one.video), end ? Math.max(one.to - picture(one) / 2, one.from) : one.from);
  }

  function copy(text, what) {
    const done = (copied = true) => say(copied ? `${what} copied` : `copy it yourself: ${text}`);
    if (navigator.clipboard && window.isSecureContext) {
      navigator.clipboard.writeText(text).then(() => done(), () => fallback(text, done));
    } else fallback(text, done);
  }

  function fallback(text, done) {
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    const copied = document.execCommand("copy");
    area.remove();
    done(copied);
  }

  // The same document that r2 writes, with what is ticked, as it was nudged; `r2 cut` and `r2 export` read it.
  function selection() {
    const results = data.document.results.map((result, place) => {
      const { scores, ...rest } = result;
      const kept = state.filter((one) => one.kept && one.result === place);
      const moments = kept.map((one) => {
        const moment = { ...result.moments[one.place], start: one.from, end: one.to };
        if ("peak" in moment) moment.peak = clamp(moment.peak, one.from, one.to);
        return moment;
      });
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
    function follow() {
      head.style.left = `${Math.min((100 * video.currentTime) / duration, 100)}%`;
      if (stopAt !== null && !video.seeking && video.currentTime >= stopAt && state[current].video === index) {
        video.pause();
        stopAt = null;
      }
    }
    // Browsers tell the time four times a second; the end of a moment is to be met to the picture.
    function everyPicture() {
      follow();
      if (!video.paused) requestAnimationFrame(everyPicture);
    }
    video.addEventListener("timeupdate", follow);
    video.addEventListener("loadedmetadata", () => seekOn(video));
    video.addEventListener("seeked", () => onScreen(() => seekOn(video)));
    video.addEventListener("play", everyPicture);
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
      active = index;
    });
  }

  function keyed(event) {
    if (event.target.matches("input:not(.tick), textarea") || event.ctrlKey || event.metaKey || event.altKey) return;
    if (!data.videos.length) return;
    const video = player(active);
    const step = event.shiftKey ? 1 / (data.videos[active].fps || 25) : 1;
    const go = (time) => { stopAt = null; seek(video, Math.max(time, 0)); };
    const here = state[current]?.video === active;
    const actions = {
      j: () => choose(Math.min(current + 1, state.length - 1)),
      k: () => choose(Math.max(current - 1, 0)),
      x: () => current >= 0 && tick(current),
      " ": () => { stopAt = null; if (video.paused) video.play().catch(() => {}); else video.pause(); },
      ArrowLeft: () => go(timeOf(video) - step),
      ArrowRight: () => go(timeOf(video) + step),
      "[": () => here && move(current, { from: timeOf(video) }),
      "]": () => here && move(current, { to: timeOf(video) }),
    };
    const act = actions[event.key];
    if (!act || (event.key === " " && event.target.closest("button, input, video"))) return;
    if (event.key.startsWith("Arrow") && event.target.closest("video")) return; // its volume, its own seeking
    event.preventDefault();
    act();
  }

  data.videos.forEach((_, index) => film(index));
  all.forEach((row, index) => {
    row.querySelector(".tick").addEventListener("change", (event) => tick(index, event.target.checked));
    row.querySelector(".thumb").addEventListener("click", () => choose(index));
    band(index).addEventListener("click", () => choose(index));
    row.addEventListener("click", (event) => {
      const { act } = event.target.dataset;
      if (act === "copy") copy(span(state[index]), "time");
      else if (act === "reset") reset(index);
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
  // What was clicked would take the next key for itself: space would press it again.
  document.addEventListener("click", (event) => { if (event.detail) event.target.closest("button, .tick, video")?.blur(); });
  count();
})();
