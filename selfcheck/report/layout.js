/* SPDX-License-Identifier: GPL-2.0-only */
/* For layout.bats: in the page's title, in pixels, how wide the document is and a
 * claim's cell; how far down the row is that the address names, and the lower edge of what
 * stands above it; where the matrix and, scrolled to the right, its first column begin. */
onload = () => setTimeout(() => {
	const box = e => e.getBoundingClientRect();
	const matrix = document.querySelector(".matrix"), row = document.querySelector(":target");
	const legend = document.querySelector(".legend"), head = document.querySelector("thead th");
	const above = box(legend).height ? legend : head;
	const claim = row.querySelector("th"), told = {
		document: document.documentElement.scrollWidth, claim: box(claim).width,
		row: box(claim).top, head: box(above).bottom, focusable: matrix.tabIndex };
	matrix.scrollLeft = 1e6;
	told.matrix = box(matrix).left + 1;
	told.sticky = box(claim).left;
	document.title = "layout: " + Object.entries(told).map(([k, v]) => k + "=" + Math.round(v)).join(" ");
}, 100);
