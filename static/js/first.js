/* first.js: says before anything is painted that scripts run, so that what only serves readers without them stays hidden. */
document.documentElement.classList.add("lz-js");
