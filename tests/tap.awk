# SPDX-License-Identifier: Apache-2.0
# Adds up TAP files named <suite>/<file>.tap. A file without a plan, or that stops before its plan is
# done, counts as one failure more. -v show= picks what is printed: any of failures diagnostics
# skips line closing (line: counts alone, for one suite). Exit status 1 when something failed.

function base(path,   n, part) {
	n = split(path, part, "/")
	sub(/\.tap$/, "", part[n])
	return part[n - 1] "/" part[n]
}

function fail(text) {
	failed++
	failure[failed] = name ": " text
}

function skip(text, reason) {
	skipped++
	skipping[skipped] = name ": " text (text == "" ? "" : ": ") (reason == "" ? "no reason given" : reason)
}

function finish() {
	if (name == "")
		return
	if (!has_plan)
		fail("no plan: it died or never began (" seen " results)")
	else if (seen < planned)
		fail("stopped after " seen " of " planned " tests" (bailed == "" ? "" : ": " bailed))
	else if (seen > planned)
		fail("ran " seen " tests, planned " planned)
	else if (bailed != "")
		fail("bailed out: " bailed)
}

function title(line) {
	sub(/^(not )?ok *[0-9]* *-? */, "", line)
	return line
}

FNR == 1 {
	finish()
	name = base(FILENAME)
	has_lines[FILENAME] = 1
	planned = seen = has_plan = 0
	bailed = ""
	is_failing = 0
}

/^1\.\.[0-9]+/ {
	has_plan = 1
	planned += substr($1, 4)
	if (substr($1, 4) == 0) {
		sub(/^1\.\.0 *#? *([Ss][Kk][Ii][Pp])?:? */, "")
		skip("", $0)
	}
	is_failing = 0
	next
}

/^Bail out!/ {
	bailed = substr($0, 11)
	next
}

/^not ok/ {
	seen++
	fail(title($0))
	is_failing = 1
	n_lines = 0
	next
}

/^ok/ {
	seen++
	is_failing = 0
	at = index(toupper($0), "# SKIP")
	if (at) {
		reason = substr($0, at + 6)
		sub(/^:? */, "", reason)
		text = title(substr($0, 1, at - 1))
		sub(/ *-? *$/, "", text)
		skip(text, reason)
	} else {
		passed++
	}
	next
}

/^ *#/ && is_failing && ++n_lines <= 40 {
	diagnostic[failed] = diagnostic[failed] "      " $0 "\n"
}

END {
	finish()
	for (i = 1; i < ARGC; i++)
		if (!(ARGV[i] in has_lines)) {
			name = base(ARGV[i])
			fail("an empty result: it died")
		}
	if (index(show, "failures"))
		for (i = 1; i <= failed; i++) {
			print "  FAILED " failure[i]
			if (index(show, "diagnostics"))
				printf "%s", diagnostic[i]
		}
	if (index(show, "skips"))
		for (i = 1; i <= skipped; i++)
			print "  skipped " skipping[i]
	if (index(show, "line") || index(show, "closing"))
		printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
	exit failed > 0
}
