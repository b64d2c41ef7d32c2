(function () {
"use strict";
var D = JSON.parse(document.getElementById("data").textContent), W = D.words, I = D.issues, SIZE = 100;
var $ = function (id) { return document.getElementById(id); };
var STATUS = {"new": "new", open: "still open", accepted: "accepted", expired: "answer expired", answered: "answered"};

function el(tag, attrs, content) {
  var node = document.createElement(tag);
  Object.keys(attrs || {}).forEach(function (k) { if (attrs[k] !== null && attrs[k] !== undefined) node.setAttribute(k, attrs[k]); });
  (Array.isArray(content) ? content : [content]).forEach(function (c) {
    if (c === null || c === undefined || c === "") return;
    node.appendChild(c.nodeType ? c : document.createTextNode(String(c)));
  });
  return node;
}
function clear(node) { while (node.firstChild) node.removeChild(node.firstChild); return node; }
function thousands(n) { return String(n).replace(/\B(?=(\d{3})+$)/g, ","); }
function some(n, one, many) { return thousands(n) + " " + (n === 1 ? one : many || one + "s"); }
function link(hash, text) { return el("a", {href: hash}, text); }
function childLink(kid, table, row) {
  var id = W.children[kid];
  if (!id) return "(whole return)";
  if (kid >= D.pages) return id;
  return link("#child/" + encodeURIComponent(id) + (table ? "/" + encodeURIComponent(table) + "/" + row : ""), id);
}
function wrong(i) {
  var root = W.messages[I.cause[i]];
  return W.messages[I.message[i]] + (root ? " Follows from " + root + " on the same record." : "");
}
function wrongAndFix(i) {
  var fix = W.messages[I.fix[i]];
  return [wrong(i)].concat(fix ? [el("span", {"class": "fix"}, "To do: " + fix)] : []);
}
function breakable(text) {
  var parts = text.split("_");
  return parts.reduce(function (all, part, n) { return all.concat(n < parts.length - 1 ? [part + "_", el("wbr")] : [part]); }, []);
}
function tag(error) { return el("span", {"class": "tag " + (error ? "error" : "query")}, error ? "error" : "query"); }
function placeParts(i) { return W.fields[I.field[i]] ? [W.tables[I.table[i]] + ".", el("wbr"), W.fields[I.field[i]]] : W.tables[I.table[i]]; }
function place(i) { return W.tables[I.table[i]] + (W.fields[I.field[i]] ? "." + W.fields[I.field[i]] : ""); }

function table(caption, headings, rows, numeric, roomy) {
  var head = el("tr", {}, headings.map(function (h) { return el("th", {scope: "col"}, h); }));
  var body = el("tbody", {}, rows.map(function (cells) {
    return el("tr", {}, cells.map(function (c, j) {
      if (j === 0) return el("th", {scope: "row", "class": String(c && c.textContent || c).length < 16 ? "nowrap" : null}, c);
      return el("td", numeric && numeric.indexOf(j) >= 0 ? {"class": "num"} : roomy && roomy.indexOf(j) >= 0 ? {"class": "roomy"} : {}, c);
    }));
  }));
  return el("table", {}, [el("caption", {}, caption), el("thead", {}, head), body]);
}
function options(select, pairs) { clear(select); pairs.forEach(function (p) { select.appendChild(el("option", {value: p[0]}, p[1])); }); }
function sortedWords(words) { return words.map(function (w, j) { return [String(j), w]; }).sort(function (a, b) { return a[1] < b[1] ? -1 : 1; }); }
function pager(box, page, total, go) {
  clear(box);
  var last = Math.max(0, Math.ceil(total / SIZE) - 1);
  if (!last) return;
  [["Previous", page - 1], ["Next", page + 1]].forEach(function (b) {
    var button = el("button", {type: "button"}, b[0]);
    button.disabled = b[1] < 0 || b[1] > last;
    button.addEventListener("click", function () { go(b[1]); });
    box.appendChild(button);
  });
  box.appendChild(el("span", {}, "Page " + (page + 1) + " of " + (last + 1)));
}

/* issues */
var haystack = null, found = [], filterIds = ["text", "severity", "rule", "team", "worker", "status", "sort"];
function hay() {
  if (!haystack) {
    haystack = new Array(I.code.length);
    for (var i = 0; i < haystack.length; i++) {
      haystack[i] = (W.children[I.child[i]] + " " + W.rules[I.code[i]] + " " + place(i) + " " + I.value[i] + " " + W.messages[I.message[i]] + " " +
        I.source[i] + " " + D.titles[I.code[i]] + " " + W.teams[I.team[i]] + " " + W.workers[I.worker[i]]).toLowerCase();
    }
  }
  return haystack;
}
function setUpIssues() {
  options($("f-severity"), [["", "Errors and queries"], ["1", "Errors"], ["0", "Queries"]]);
  options($("f-rule"), [["", "All rules"]].concat(sortedWords(W.rules).map(function (p) { return [p[0], p[1] + " " + D.titles[p[0]].slice(0, 60)]; })));
  options($("f-team"), [["", "All teams"]].concat(sortedWords(W.teams)));
  options($("f-worker"), [["", "All workers"]].concat(sortedWords(W.workers)));
  options($("f-sort"), [["", "File order"], ["child", "Child"], ["rule", "Rule"], ["team", "Team"]]);
  var seen = {};
  I.status.forEach(function (s) { seen[s] = 1; });
  options($("f-status"), [["", "All"]].concat(Object.keys(seen).sort().map(function (s) { return [s, STATUS[s] || s]; })));
  if (!I.status.length) $("f-status").parentNode.hidden = true;
  filterIds.forEach(function (name) {
    $("f-" + name).addEventListener(name === "text" ? "input" : "change", function () { filterIssues(); remember(); });
  });
  $("issue-filter").addEventListener("submit", function (e) { e.preventDefault(); });
  $("issue-filter").addEventListener("reset", function () { setTimeout(function () { filterIssues(); remember(); }, 0); });
}
var WORDS_OF = {rule: "rules", team: "teams", worker: "workers"};
function remember() {
  var query = filterIds.filter(function (n) { return $("f-" + n).value; }).map(function (n) {
    var v = $("f-" + n).value;
    return n + "=" + encodeURIComponent(WORDS_OF[n] ? W[WORDS_OF[n]][v] : v);
  }).join("&");
  history.replaceState(null, "", "#issues" + (query ? "?" + query : ""));
}
function recall(query) {
  filterIds.forEach(function (n) { $("f-" + n).value = ""; });
  (query || "").split("&").forEach(function (pair) {
    var at = pair.indexOf("="), name = pair.slice(0, at), v = decodeURIComponent(pair.slice(at + 1));
    if (filterIds.indexOf(name) >= 0) $("f-" + name).value = WORDS_OF[name] ? String(W[WORDS_OF[name]].indexOf(v)) : v;
  });
}
function filterIssues() {
  var v = {}, text = hay();
  filterIds.forEach(function (n) { v[n] = $("f-" + n).value; });
  var words = v.text.toLowerCase().split(/\s+/).filter(Boolean);
  found = [];
  for (var i = 0; i < text.length; i++) {
    if (v.severity !== "" && I.error[i] !== +v.severity) continue;
    if (v.rule !== "" && I.code[i] !== +v.rule) continue;
    if (v.team !== "" && I.team[i] !== +v.team) continue;
    if (v.worker !== "" && I.worker[i] !== +v.worker) continue;
    if (v.status !== "" && I.status[i] !== v.status) continue;
    for (var w = 0; w < words.length; w++) if (text[i].indexOf(words[w]) < 0) break;
    if (w === words.length) found.push(i);
  }
  if (v.sort) {
    var key = {child: [I.child, W.children], rule: [I.code, W.rules], team: [I.team, W.teams]}[v.sort];
    var rank = {};
    sortedWords(key[1]).forEach(function (p, at) { rank[p[0]] = at; });
    found.sort(function (a, b) { return rank[key[0][a]] - rank[key[0][b]] || a - b; });
  }
  showIssues(0);
}
function showIssues(page) {
  var kids = {}, errors = 0;
  found.forEach(function (i) { if (W.children[I.child[i]]) kids[I.child[i]] = 1; errors += I.error[i]; });
  $("issue-count").textContent = some(found.length, "issue") + " (" + some(errors, "error") + ", " +
    some(found.length - errors, "query", "queries") + ") of " + some(Object.keys(kids).length, "child", "children");
  pager($("issue-pages"), page, found.length, function (p) { showIssues(p); $("issue-table").scrollIntoView(); });
  var rows = found.slice(page * SIZE, page * SIZE + SIZE).map(function (i) {
    return [childLink(I.child[i], W.tables[I.table[i]], I.row[i]), [W.rules[I.code[i]] + " ", tag(I.error[i]), I.status.length ? " " + (STATUS[I.status[i]] || I.status[i]) : ""],
      placeParts(i), I.value[i] || "(blank)", wrongAndFix(i), breakable(I.source[i]), [W.teams[I.team[i]], el("span", {"class": "fix"}, W.workers[I.worker[i]])]];
  });
  var box = clear($("issue-table"));
  if (rows.length) box.appendChild(table("Issues, page " + (page + 1), ["Child", "Rule", "Field", "Value", "What is wrong, and what to do", "Source record", "Team and worker"], rows, null, [4]));
}

/* children */
var perChild = null;
function counts() {
  if (!perChild) {
    perChild = W.children.map(function () { return [0, 0]; });
    I.child.forEach(function (k, i) { perChild[k][I.error[i] ? 0 : 1]++; });
  }
  return perChild;
}
function setUpChildren() {
  options($("c-team"), [["", "All teams"]].concat(sortedWords(W.teams)));
  $("c-text").addEventListener("input", function () { showChildren(0); });
  $("c-team").addEventListener("change", function () { showChildren(0); });
  $("child-filter").addEventListener("submit", function (e) { e.preventDefault(); });
}
function showChildren(page) {
  var text = $("c-text").value.trim().toLowerCase(), team = $("c-team").value, tally = counts(), kids = [];
  for (var k = 0; k < D.pages; k++) {
    if (text && W.children[k].toLowerCase().indexOf(text) < 0) continue;
    if (team !== "" && D.who.team[k] !== +team) continue;
    kids.push(k);
  }
  kids.sort(function (a, b) { return tally[b][0] - tally[a][0] || tally[b][1] - tally[a][1] || (W.children[a] < W.children[b] ? -1 : 1); });
  $("child-count").textContent = some(kids.length, "child", "children");
  pager($("child-pages"), page, kids.length, showChildren);
  var rows = kids.slice(page * SIZE, page * SIZE + SIZE).map(function (k) {
    return [childLink(k), W.teams[D.who.team[k]], W.workers[D.who.worker[k]], thousands(tally[k][0]), thousands(tally[k][1])];
  });
  var box = clear($("child-table"));
  if (rows.length) box.appendChild(table("Children", ["Child", "Team", "Worker", "Errors", "Queries"], rows, [3, 4]));
}

/* one child */
var unpacked = {};
function chunk(n) {
  if (!unpacked[n]) {
    if (!window.DecompressionStream) return Promise.reject(new Error("old"));
    var text = atob($("chunk-" + n).textContent.trim()), bytes = new Uint8Array(text.length);
    for (var i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
    unpacked[n] = new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text().then(JSON.parse);
  }
  return unpacked[n];
}
function listOf(name, kid) {
  var L = D.lists[name], c = L.columns, at = L.words.indexOf(W.children[kid]), rows = [];
  if (at < 0) return rows;
  for (var i = 0; i < L.n; i++) {
    if (c.child[i] === at) rows.push(i);
  }
  return rows;
}
function cell(name, column, i) { return D.lists[name].words[D.lists[name].columns[column][i]]; }
function showChild(id, wantTable, wantRow) {
  var kid = W.children.indexOf(id), box = clear($("child-page")), title = document.querySelector("#child h2");
  title.textContent = "Child " + id;
  if (kid < 0 || kid >= D.pages) {
    box.appendChild(el("p", {}, "This report has no page for that child, because nothing was found or decided about it."));
    return;
  }
  box.appendChild(el("p", {}, ["Team: " + W.teams[D.who.team[kid]] + ". Worker: " + W.workers[D.who.worker[kid]] + ". ", link("#children", "All children")]));
  var mine = [];
  I.child.forEach(function (k, i) { if (k === kid) mine.push(i); });
  box.appendChild(el("h3", {}, "Issues"));
  if (mine.length) {
    var holder = el("div", {"class": "wide", tabindex: "0", role: "region", "aria-label": "Issues of this child"});
    holder.appendChild(table(some(mine.length, "issue"), ["Rule", "Severity", "What is wrong", "What to do", "Field", "Value", "Source record"], mine.map(function (i) {
      var where = I.row[i] < 0 ? place(i) : link("#child/" + encodeURIComponent(id) + "/" + W.tables[I.table[i]] + "/" + I.row[i], placeParts(i));
      return [W.rules[I.code[i]], [tag(I.error[i]), I.status.length ? " " + (STATUS[I.status[i]] || I.status[i]) : ""], wrong(i), W.messages[I.fix[i]], where, I.value[i] || "(blank)", I.source[i]];
    }), null, [2, 3]));
    box.appendChild(holder);
  } else box.appendChild(el("p", {}, "No issue."));
  chunk(Math.floor(kid / D.chunk)).then(function (C) {
    box.appendChild(el("h3", {}, "History"));
    drawTimeline(box, C, kid, id);
    box.appendChild(el("h3", {}, "What would be sent, and where each value came from"));
    var ids = Object.keys(D.gateways);
    if (ids.length) box.appendChild(el("details", {}, [el("summary", {}, "The legal gateways in words"), table("Legal gateways", ["Gateway", "Provision"], ids.map(function (id) { return [id, D.gateways[id]]; }))]));
    records(box, C, kid, mine);
    decided(box, kid);
    if (wantTable) {
      var target = $("record-" + wantTable + "-" + wantRow);
      if (target) { target.open = true; target.scrollIntoView(); target.querySelector("summary").focus(); }
    }
  }).catch(function () {
    box.appendChild(el("p", {"class": "note warn"}, "This browser is too old to open the child's records here. Use issues.xlsx, or the command lineage."));
  });
}
var JOINS = ["CINdetailsID", "AssessmentID", "CPPID"];
function records(box, C, kid, mine) {
  Object.keys(D.tables).forEach(function (name) {
    var T = C.t[name], columns = D.tables[name], first = true;
    if (!T) return;
    T.k.forEach(function (k, j) {
      if (k !== kid) return;
      if (first) { box.appendChild(el("h4", {}, name)); first = false; }
      var row = T.r[j], own = {}, flagged = {};
      var P = C.p[name];
      if (P) P.r.forEach(function (r, n) { if (r === row) own[P.f[n]] = P.s[n]; });
      mine.forEach(function (i) {
        if (W.tables[I.table[i]] === name && I.row[i] === row) { var f = W.fields[I.field[i]]; flagged[f] = (flagged[f] || []).concat(W.rules[I.code[i]]); }
      });
      var filled = columns.filter(function (c, n) { return c !== D.key && JOINS.indexOf(c) < 0 && T.c[n][j] !== ""; }).slice(0, 4).map(function (c) { return T.c[columns.indexOf(c)][j]; });
      var details = el("details", {id: "record-" + name + "-" + row, "class": Object.keys(flagged).length ? "flagged" : null},
        el("summary", {}, name + " row " + row + ": " + filled.join(", ") + (Object.keys(flagged).length ? " (has issues)" : "")));
      details.addEventListener("toggle", function () {
        if (details.children.length > 1) return;
        details.appendChild(el("p", {}, ["Source record: ", el("strong", {}, T.s[j] || "not recorded")]));
        var wrap = el("div", {"class": "wide", tabindex: "0", role: "region", "aria-label": name + " row " + row});
        wrap.appendChild(table(name + " row " + row, ["Field", "Value", "Meaning", "Issues", "Source record", "Made from", "Legal gateway"], columns.map(function (c, n) {
          var v = T.c[n][j], facts = D.fields[name + "." + c] || ["", "", "", "", "", ""], labels = D.codes[name + "." + c] || {};
          return [c, v === "" ? el("span", {"class": "soft"}, "(blank)") : v, labels[v] || (JOINS.indexOf(c) >= 0 ? "ties records together; never sent" : c === D.key && !facts[0] ? "whose record it is; sent once, with the child's identifiers" : ""), (flagged[c] || []).join(", "), own[c] || T.s[j],
            [facts[4], facts[5]].filter(Boolean).join(": "), laws(facts.slice(0, 4).filter(Boolean))];
        })));
        details.appendChild(wrap);
      });
      box.appendChild(details);
    });
  });
}
function laws(ids) {
  return ids.map(function (id, n) { return [n ? " " : "", el("span", {"class": "gateway"}, id + (n < ids.length - 1 ? "," : ""))]; }).reduce(function (all, part) { return all.concat(part); }, []);
}
function decided(box, kid) {
  [["decisions", "Decisions", ["rule", "title", "table", "field", "old", "new", "record", "note"], ["Kind", "In words", "Table", "Field", "Was", "Became", "Source record", "Note"]],
   ["worklist", "To settle", ["code", "title", "table", "field", "value", "record", "note"], ["Kind", "In words", "Table", "Field", "Value", "Source record", "Note"]]
  ].forEach(function (part) {
    var rows = listOf(part[0], kid);
    if (!rows.length) return;
    box.appendChild(el("h3", {}, part[1]));
    var wrap = el("div", {"class": "wide", tabindex: "0", role: "region", "aria-label": part[1] + " for this child"});
    wrap.appendChild(table(part[1], part[3], rows.map(function (i) { return part[2].map(function (c) { return cell(part[0], c, i); }); })));
    box.appendChild(wrap);
  });
}

/* time line */
var SHADES = ["#cfe3f5", "#fbe0b8", "#d5ecd4", "#e6d9f2", "#f9d4d4", "#d9e7e7", "#efe9c0", "#e3e3e3"];
function svg(tag, attrs, content) {
  var node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  Object.keys(attrs).forEach(function (k) { node.setAttribute(k, attrs[k]); });
  (content || []).forEach(function (c) { node.appendChild(c.nodeType ? c : document.createTextNode(c)); });
  return node;
}
function uk(day) {
  var d = new Date(day * 864e5);
  return ("0" + d.getUTCDate()).slice(-2) + "/" + ("0" + (d.getUTCMonth() + 1)).slice(-2) + "/" + d.getUTCFullYear();
}
function drawTimeline(box, C, kid, id) {
  var B = C.b, mine = [], lanes = [], codes = [];
  B.kid.forEach(function (k, i) { if (k === kid) { mine.push(i); if (lanes.indexOf(B.lane[i]) < 0) lanes.push(B.lane[i]); } });
  if (!mine.length) { box.appendChild(el("p", {}, "No dated record to draw.")); return; }
  var from = Math.min.apply(null, mine.map(function (i) { return B.from[i]; }).concat(D.start)), to = Math.max.apply(null, mine.map(function (i) { return B.to[i]; }).concat(D.end));
  var marks = [];
  C.m.kid.forEach(function (k, i) { if (k === kid && C.m.day[i] >= from && C.m.day[i] <= to) marks.push(i); });
  var left = 160, width = 960, lane = 34, top = marks.length ? 44 : 22, height = top + lanes.length * lane + 30, span = Math.max(to - from, 1);
  var x = function (day) { return left + (day - from) / span * (width - left - 20); };
  var words = mine.map(function (i) { return B.lane[i] + " " + uk(B.from[i]) + " to " + (B.open[i] ? "now" : uk(B.to[i])); });
  var art = svg("svg", {viewBox: "0 0 " + width + " " + height, role: "group", "aria-label": "History of child " + id + ": " + words.slice(0, 12).join("; ") + (words.length > 12 ? " and " + (words.length - 12) + " more" : "")});
  art.appendChild(svg("rect", {x: x(D.start), y: top - 6, width: Math.max(1, x(D.end) - x(D.start)), height: lanes.length * lane + 8, fill: "#f3f2f1"}));
  var years = new Date(from * 864e5).getUTCFullYear(), end = new Date(to * 864e5).getUTCFullYear(), step = Math.max(1, Math.ceil((end - years) / 12));
  for (var y = years; y <= end + 1; y += step) {
    var day = Date.UTC(y, 3, 1) / 864e5;
    if (day < from || day > to) continue;
    art.appendChild(svg("line", {x1: x(day), x2: x(day), y1: top - 6, y2: height - 22, stroke: "#767676", "stroke-dasharray": "2 3"}));
    art.appendChild(svg("text", {x: x(day), y: height - 6, "font-size": 13, "text-anchor": x(day) > width - 60 ? "end" : "middle", fill: "#0b0c0c"}, ["1 Apr " + y]));
  }
  lanes.forEach(function (name, n) { art.appendChild(svg("text", {x: 0, y: top + n * lane + 18, "font-size": 14, "font-weight": "bold", fill: "#0b0c0c"}, [name])); });
  mine.forEach(function (i) {
    var n = lanes.indexOf(B.lane[i]), w = Math.max(4, x(B.to[i]) - x(B.from[i])), key = B.lane[i] + B.code[i];
    if (codes.indexOf(key) < 0) codes.push(key);
    var g = svg("g", {}, [svg("title", {}, [B.lane[i] + " " + [B.code[i], B.label[i]].filter(Boolean).join(": ") + ", " + uk(B.from[i]) + " to " + (B.open[i] ? "now (open)" : uk(B.to[i]))]),
      svg("rect", {x: x(B.from[i]), y: top + n * lane, width: w, height: lane - 10, fill: SHADES[codes.indexOf(key) % SHADES.length], stroke: "#505a5f"})]);
    if (w > B.code[i].length * 9 + 6) g.appendChild(svg("text", {x: x(B.from[i]) + 4, y: top + n * lane + 17, "font-size": 13, fill: "#0b0c0c"}, [B.code[i]]));
    if (B.open[i]) g.appendChild(svg("path", {d: "M" + (x(B.to[i]) + 1) + "," + (top + n * lane) + "l8,12l-8,12z", fill: "#505a5f"}));
    art.appendChild(g);
  });
  marks.forEach(function (m) {
    var i = C.m.issue[m], at = x(C.m.day[m]), about = W.rules[I.code[i]] + " " + place(i) + " " + uk(C.m.day[m]);
    art.appendChild(svg("line", {x1: at, x2: at, y1: 22, y2: height - 26, stroke: I.error[i] ? "#a3180a" : "#6a4500"}));
    art.appendChild(svg("a", {href: "#child/" + encodeURIComponent(id) + "/" + W.tables[I.table[i]] + "/" + I.row[i], "aria-label": "Issue " + about},
      [svg("title", {}, ["Issue " + about]), svg("path", {d: "M" + (at - 12) + ",2h24l-12,22z", fill: I.error[i] ? "#a3180a" : "#6a4500"}),
       svg("text", {x: at, y: 15, "font-size": 12, "font-weight": "bold", "text-anchor": "middle", fill: "#ffffff", "aria-hidden": "true"}, ["!"])]));
  });
  box.appendChild(el("figure", {}, [art, el("figcaption", {"class": "soft"}, "Shaded: the collection year. Arrow: still open. Red or brown marks: issues.")]));
  var rows = mine.map(function (i) { return [B.lane[i], B.code[i], B.label[i], uk(B.from[i]), B.open[i] ? "open" : uk(B.to[i])]; });
  box.appendChild(el("details", {}, [el("summary", {}, "The history in words"), table("History", ["What", "Code", "Meaning", "From", "To"], rows)]));
}

/* lists: decisions, open items, changes, notes ... each over its own words */
function setUpList(box) {
  var name = box.getAttribute("data-list"), L = D.lists[name];
  if (!L || !L.n) { box.appendChild(el("p", {}, "Nothing to list.")); return; }
  var kinds = {}, select = el("select", {id: "k-" + name}), input = el("input", {id: "t-" + name, type: "search", autocomplete: "off"});
  L.columns[L.kind].forEach(function (w) { kinds[w] = L.words[w]; });
  options(select, [["", "All"]].concat(Object.keys(kinds).map(function (k) { return [k, kinds[k]]; }).sort(function (a, b) { return a[1] < b[1] ? -1 : 1; })));
  var count = el("p", {role: "status", "aria-live": "polite", "class": "big"}), pages = el("div", {"class": "pages"}), out = el("div", {"class": "wide", tabindex: "0", role: "region", "aria-label": "List: " + name});
  var heads = L.show.map(function (s) { return s[1]; }), kindHead = L.show.filter(function (s) { return s[0] === L.kind; })[0][1];
  var form = el("form", {"class": "filter", role: "search", "aria-label": "Filter the list: " + name}, [el("div", {}, [el("label", {"for": "t-" + name}, "Search"), input]), el("div", {}, [el("label", {"for": "k-" + name}, kindHead), select])]);
  var copied = L.copy ? el("pre", {id: "copy-" + name, "class": "copy", tabindex: "0", role: "region", "aria-label": "Text to copy"}) : null;
  function draw(page) {
    var text = input.value.toLowerCase(), hits = [];
    var match = L.words.map(function (w) { return !text || w.toLowerCase().indexOf(text) >= 0; });
    for (var i = 0; i < L.n; i++) {
      if (select.value !== "" && L.columns[L.kind][i] !== +select.value) continue;
      if (text && !L.show.some(function (s) { return match[L.columns[s[0]][i]]; })) continue;
      hits.push(i);
    }
    count.textContent = some(hits.length, "line") + (L.all > L.n ? " of the first " + thousands(L.n) + " held here; all " + thousands(L.all) + " are in the CSV file" : "");
    pager(pages, page, hits.length, draw);
    clear(out);
    var shown = hits.slice(page * SIZE, page * SIZE + SIZE);
    if (hits.length) out.appendChild(table("Page " + (page + 1), heads, shown.map(function (i) {
      return L.show.map(function (s) {
        var word = L.words[L.columns[s[0]][i]];
        if (s[0] !== "child") return word;
        var kid = W.children.indexOf(word);
        return kid >= 0 ? childLink(kid) : word;
      });
    })));
    if (copied) copied.textContent = shown.map(function (i) { return L.words[L.columns[L.copy][i]]; }).join("\n");
  }
  form.addEventListener("submit", function (e) { e.preventDefault(); });
  input.addEventListener("input", function () { draw(0); });
  select.addEventListener("change", function () { draw(0); });
  [form, count, pages, out].forEach(function (n) { box.appendChild(n); });
  if (copied) {
    box.appendChild(el("h3", {}, "The lines above as text"));
    box.appendChild(el("p", {}, el("button", {type: "button", "data-copy": "copy-" + name}, "Copy")));
    box.appendChild(copied);
  }
  draw(0);
}

/* pages */
var base = document.title, ready = {};
function once(name, run) { if (!ready[name]) { ready[name] = true; run(); } }
function route(focus) {
  var hash = location.hash.slice(1) || "front", query = hash.split("?")[1], parts = hash.split("?")[0].split("/").map(decodeURIComponent);
  if (parts[0] === "main") return;
  var pane = $(parts[0]);
  if (!pane || !pane.hasAttribute("data-pane")) { pane = $("front"); parts = ["front"]; }
  document.querySelectorAll("section[data-pane]").forEach(function (s) { s.classList.toggle("now", s === pane); });
  document.querySelectorAll("nav a").forEach(function (a) {
    var mine = a.getAttribute("href") === "#" + (parts[0] === "child" ? "children" : parts[0]);
    if (mine) a.setAttribute("aria-current", "page"); else a.removeAttribute("aria-current");
  });
  if (parts[0] === "issues") { once("issues", setUpIssues); recall(query); filterIssues(); }
  if (parts[0] === "children") { once("children", setUpChildren); showChildren(0); }
  if (parts[0] === "child") showChild(parts[1], parts[2], parts[3]);
  pane.querySelectorAll("[data-list]").forEach(function (box) { once("list-" + box.getAttribute("data-list"), function () { setUpList(box); }); });
  var heading = pane.querySelector("h2");
  document.title = heading.textContent + " - " + base;
  if (focus) { window.scrollTo(0, 0); heading.focus({preventScroll: true}); }
}
window.addEventListener("hashchange", function () { route(true); });
document.addEventListener("click", function (e) {
  var button = e.target.closest ? e.target.closest("[data-copy]") : null;
  if (!button) return;
  var area = $(button.getAttribute("data-copy")), range = document.createRange(), done = false;
  range.selectNodeContents(area);
  getSelection().removeAllRanges();
  getSelection().addRange(range);
  try { done = document.execCommand("copy"); } catch (error) { done = false; }
  button.textContent = done ? "Copied" : "Selected: press Ctrl+C";
});
route(false);
window.addEventListener("load", function () {
  setTimeout(function () { if (location.hash.split("/").length < 3) window.scrollTo(0, 0); }, 0);
});
})();
