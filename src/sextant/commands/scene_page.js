// A small viewer for one scene: points, boxes with labels, cameras. No library, no network.
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("scene").textContent);
  const canvas = document.getElementById("view");
  const labels = document.getElementById("labels");
  const tip = document.getElementById("tip");
  const gl = canvas.getContext("webgl", { antialias: true, preserveDrawingBuffer: true });
  if (!gl) {
    document.getElementById("missing").hidden = false;
    return;
  }
  const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const points = new Float32Array(bytes(data.points).buffer);
  const colors = bytes(data.colors);

  // --- small linear algebra, column-major as WebGL wants it
  const sub = (a, b) => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
  const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
  const cross = (a, b) => [
    a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0],
  ];
  const unit = (a) => a.map((x) => x / (Math.hypot(...a) || 1));
  const times = (A, B) => {
    const C = new Float32Array(16);
    for (let c = 0; c < 4; c++)
      for (let r = 0; r < 4; r++)
        for (let k = 0; k < 4; k++) C[4 * c + r] += A[4 * k + r] * B[4 * c + k];
    return C;
  };

  // --- the eye goes round a target: z is up
  const eye = { target: data.center, yaw: -2.2, pitch: 0.7, away: data.size * 1.1 };
  const place = () => {
    const c = Math.cos(eye.pitch);
    return [
      eye.target[0] + eye.away * c * Math.cos(eye.yaw),
      eye.target[1] + eye.away * c * Math.sin(eye.yaw),
      eye.target[2] + eye.away * Math.sin(eye.pitch),
    ];
  };
  let axes, from, matrix;
  const aim = () => {
    from = place();
    const back = unit(sub(from, eye.target));
    const right = unit(cross([0, 0, 1], back));
    axes = [right, cross(back, right), back];
    const view = new Float32Array(16);
    axes.forEach((axis, r) => {
      for (let c = 0; c < 3; c++) view[4 * c + r] = axis[c];
      view[12 + r] = -dot(axis, from);
    });
    view[15] = 1;
    const f = 1.6, near = eye.away / 200, far = eye.away * 20 + data.size * 10;
    const P = new Float32Array(16);
    P[0] = (f * canvas.height) / canvas.width;
    P[5] = f;
    P[10] = -(far + near) / (far - near);
    P[11] = -1;
    P[14] = (-2 * far * near) / (far - near);
    matrix = times(P, view);
  };
  const onScreen = (p) => {
    const q = [0, 1, 2, 3].map(
      (r) => matrix[r] * p[0] + matrix[4 + r] * p[1] + matrix[8 + r] * p[2] + matrix[12 + r]);
    if (q[3] <= 0) return null;
    return [((q[0] / q[3] + 1) / 2) * canvas.clientWidth,
      ((1 - q[1] / q[3]) / 2) * canvas.clientHeight];
  };

  // --- one program for points and lines
  const compile = (kind, text) => {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, text);
    gl.compileShader(shader);
    return shader;
  };
  const program = gl.createProgram();
  gl.attachShader(program, compile(gl.VERTEX_SHADER,
    "attribute vec3 p; attribute vec3 c; uniform mat4 M; uniform float s; varying vec3 v;" +
    "void main() { gl_Position = M * vec4(p, 1.0); gl_PointSize = s; v = c; }"));
  gl.attachShader(program, compile(gl.FRAGMENT_SHADER,
    "precision mediump float; varying vec3 v; void main() { gl_FragColor = vec4(v, 1.0); }"));
  gl.linkProgram(program);
  gl.useProgram(program);
  const at = (name) => gl.getAttribLocation(program, name);
  const buffer = (array) => {
    const b = gl.createBuffer();
    gl.bindBuffer(gl.ARRAY_BUFFER, b);
    gl.bufferData(gl.ARRAY_BUFFER, array, gl.STATIC_DRAW);
    return b;
  };
  const edges = [[0, 1], [2, 3], [4, 5], [6, 7], [0, 2], [1, 3], [4, 6], [5, 7],
    [0, 4], [1, 5], [2, 6], [3, 7]];
  const lines = (pairs, color) => {
    const p = new Float32Array(pairs.flat(2));
    const c = new Uint8Array(p.length);
    for (let i = 0; i < c.length; i++) c[i] = color[i % 3];
    return { p: buffer(p), c: buffer(c), n: p.length / 3, mode: gl.LINES };
  };
  const frustum = (f) => [0, 1, 2, 3].flatMap((k) => [
    [f.center, f.corners[k]], [f.corners[k], f.corners[(k + 1) % 4]]]);
  const path = data.cameras.slice(1).map((f, k) => [data.cameras[k].center, f.center]);
  const floor = data.floor.map((p, k) => [p, data.floor[(k + 1) % data.floor.length]]);
  const layers = {
    points: [{ p: buffer(points), c: buffer(colors), n: points.length / 3, mode: gl.POINTS }],
    boxes: [lines(data.boxes.map((b) => edges.map(([i, j]) => [b.corners[i], b.corners[j]])).flat(),
      [235, 130, 40])],
    cameras: [lines(data.cameras.flatMap(frustum), [70, 160, 235]), lines(path, [70, 110, 160])],
    floor: [lines(floor, [150, 150, 150])],
  };
  const shown = (name) => document.getElementById(name).checked;
  const names = data.boxes.map((b) => {
    const div = document.createElement("div");
    div.textContent = b.label;  // never as markup: names come from data
    labels.appendChild(div);
    return div;
  });

  const volume = (b) => b.size[0] * b.size[1] * b.size[2];
  const byVolume = data.boxes.map((_, k) => k)
    .sort((i, j) => volume(data.boxes[j]) - volume(data.boxes[i]));

  const draw = () => {
    const ratio = window.devicePixelRatio || 1;
    canvas.width = canvas.clientWidth * ratio;
    canvas.height = canvas.clientHeight * ratio;
    gl.viewport(0, 0, canvas.width, canvas.height);
    gl.clearColor(0.09, 0.1, 0.12, 1);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    gl.enable(gl.DEPTH_TEST);
    aim();
    gl.uniformMatrix4fv(gl.getUniformLocation(program, "M"), false, matrix);
    gl.uniform1f(gl.getUniformLocation(program, "s"), 2 * ratio);
    for (const [name, list] of Object.entries(layers)) {
      if (!shown(name)) continue;
      for (const layer of list) {
        if (!layer.n) continue;
        gl.bindBuffer(gl.ARRAY_BUFFER, layer.p);
        gl.enableVertexAttribArray(at("p"));
        gl.vertexAttribPointer(at("p"), 3, gl.FLOAT, false, 0, 0);
        gl.bindBuffer(gl.ARRAY_BUFFER, layer.c);
        gl.enableVertexAttribArray(at("c"));
        gl.vertexAttribPointer(at("c"), 3, gl.UNSIGNED_BYTE, true, 0, 0);
        gl.drawArrays(layer.mode, 0, layer.n);
      }
    }
    const taken = [];
    byVolume.forEach((k) => {
      let q = shown("names") && shown("boxes") ? onScreen(data.boxes[k].center) : null;
      if (q) {  // a name over another one makes both unreadable: the larger thing keeps its own
        const half = 3.3 * data.boxes[k].label.length + 2;
        if (taken.some((t) => Math.abs(t[0] - q[0]) < t[2] + half && Math.abs(t[1] - q[1]) < 12))
          q = null;
        else taken.push([q[0], q[1], half]);
      }
      names[k].style.display = q ? "block" : "none";
      if (q) names[k].style.transform = `translate(${q[0]}px, ${q[1]}px) translate(-50%, -50%)`;
    });
  };

  // --- hover: the nearest box that the ray through the cursor meets
  const hit = (x, y) => {
    const sx = ((2 * x) / canvas.clientWidth - 1) * (canvas.clientWidth / canvas.clientHeight) / 1.6;
    const sy = (1 - (2 * y) / canvas.clientHeight) / 1.6;
    const ray = [0, 1, 2].map((k) => sx * axes[0][k] + sy * axes[1][k] - axes[2][k]);
    let best = null;
    for (const b of data.boxes) {
      const o = sub(from, b.center);
      let low = 0, high = Infinity;
      for (let k = 0; k < 3; k++) {
        const start = dot(o, b.axes[k]), step = dot(ray, b.axes[k]) || 1e-12;
        const t = [(-b.size[k] / 2 - start) / step, (b.size[k] / 2 - start) / step];
        low = Math.max(low, Math.min(...t));
        high = Math.min(high, Math.max(...t));
      }
      if (low < high && (!best || low < best.low)) best = { low, box: b };
    }
    return best && best.box;
  };
  // --- hover beside all boxes: the point nearest to the eye among those under the cursor
  const pointAt = (x, y) => {
    const m = matrix, w = canvas.clientWidth, h = canvas.clientHeight;
    let best = -1, depth = Infinity;
    for (let i = 0; i < points.length; i += 3) {
      const p = points[i], q = points[i + 1], r = points[i + 2];
      const d = m[3] * p + m[7] * q + m[11] * r + m[15];
      if (d <= 0 || d >= depth) continue;
      const u = ((m[0] * p + m[4] * q + m[8] * r + m[12]) / d + 1) / 2 * w;
      const v = (1 - (m[1] * p + m[5] * q + m[9] * r + m[13]) / d) / 2 * h;
      if (Math.abs(u - x) < 4 && Math.abs(v - y) < 4) [best, depth] = [i, d];
    }
    return best < 0 ? null : Array.from(points.subarray(best, best + 3));
  };
  const place3 = (p) => `at ${p.map((c) => c.toFixed(2)).join(", ")}`;
  let held = null;
  canvas.addEventListener("pointerdown", (e) => {
    held = { x: e.clientX, y: e.clientY, pan: e.button === 2 || e.shiftKey };
    canvas.setPointerCapture(e.pointerId);
  });
  canvas.addEventListener("pointerup", () => { held = null; });
  canvas.addEventListener("contextmenu", (e) => e.preventDefault());
  canvas.addEventListener("pointermove", (e) => {
    if (held) {
      const dx = e.clientX - held.x, dy = e.clientY - held.y;
      [held.x, held.y] = [e.clientX, e.clientY];
      if (held.pan) {
        const step = (eye.away * 1.25) / canvas.clientHeight;
        eye.target = eye.target.map((t, k) => t + step * (dy * axes[1][k] - dx * axes[0][k]));
      } else {
        eye.yaw -= dx * 0.006;
        eye.pitch = Math.min(1.55, Math.max(-1.55, eye.pitch + dy * 0.006));
      }
      draw();
      return;
    }
    const box = shown("boxes") && hit(e.offsetX, e.offsetY);
    const point = !box && shown("points") ? pointAt(e.offsetX, e.offsetY) : null;
    tip.hidden = !box && !point;
    if (box || point) {
      tip.textContent = point ? place3(point) :
        `${box.label} · ${box.id}\n${box.size.map((s) => s.toFixed(2)).join(" × ")}` +
        ` ${data.unit}\n${place3(box.center)}`;
      tip.style.transform = `translate(${e.offsetX + 14}px, ${e.offsetY + 14}px)`;
    }
  });
  canvas.addEventListener("wheel", (e) => {
    e.preventDefault();
    eye.away *= Math.exp(e.deltaY * 0.001);
    draw();
  }, { passive: false });
  document.querySelectorAll("input").forEach((i) => i.addEventListener("change", draw));
  window.addEventListener("resize", draw);
  draw();
  document.body.dataset.ready = "yes";
})();
