# SPDX-License-Identifier: Apache-2.0
# Measures C files laid out by .clang-format: a function's body is what stands between a "{" and a "}"
# in column 1. Prints one line for each measure above its ceiling.

function over(line, text) {
	print FILENAME_ ":" line ": " text
	bad = 1
}

function end_file() {
	if (FILENAME_ == "")
		return
	limit = FILENAME_ ~ /(^|\/)include\/bpfd\/bpfd\.h$/ ? 900 : FILENAME_ ~ /\.h$/ ? 120 : 500
	if (lines > limit)
		over(1, "file has " lines " lines, ceiling " limit)
}

# The name before the first parenthesis of a signature.
function name_of(signature,   s) {
	s = substr(signature, 1, index(signature, "(") - 1)
	match(s, /[A-Za-z_0-9]+$/)
	return substr(s, RSTART, RLENGTH)
}

# Parameters, without "..." and without the last one that every fallible function has (the reason).
function parameters(signature,   i, c, depth, n, text) {
	depth = n = 0
	text = ""
	for (i = index(signature, "("); i <= length(signature); i++) {
		c = substr(signature, i, 1)
		if (c == "(")
			depth++
		if (c == ")" && --depth == 0)
			break
		if (c == "," && depth == 1)
			n++
		text = text c
	}
	if (text ~ /^\([ \t]*(void)?[ \t]*$/)
		return 0
	if (text ~ /struct reason \*[a-z_]*[ \t]*$/)
		n--
	if (text ~ /\.\.\.[ \t]*$/)
		n--
	return n + 1
}

function begin_body() {
	name = name_of(signature)
	in_body = 1
	depth = deepest = 0
	n = parameters(signature)
	if (n > 4)
		over(signature_line, name " has " n " parameters, ceiling 4 (then a struct)")
}

function end_body() {
	n = FNR - signature_line + 1
	limit = name == "main" ? 60 : 80
	if (n > limit)
		over(signature_line, name " has " n " lines, ceiling " limit)
	if (deepest > 2)
		over(deepest_line, name " nests " deepest " blocks, ceiling 2")
	in_body = 0
	signature = ""
}

# Blocks of if, for, while, do and switch; initialisers and compound literals do not nest code.
function measure_nesting() {
	if ($0 ~ /^\t+\}/ && depth > 0)
		blocks -= kind[depth--]
	if ($0 !~ /\{$/)
		return
	kind[++depth] = $0 ~ /(\) |else |do |^\t+)\{$/ && $0 !~ /= *\{$/
	blocks += kind[depth]
	if (blocks > deepest) {
		deepest = blocks
		deepest_line = FNR
	}
}

FNR == 1 {
	end_file()
	FILENAME_ = FILENAME
	in_body = 0
	signature = ""
}

{ lines = FNR }

in_body && /^\}/ { end_body(); next }
in_body { measure_nesting(); next }
/^\{$/ && signature ~ /\(/ { blocks = 0; begin_body(); next }
/^(#|\/\*|\}| \*|$)/ || /;$/ { signature = ""; next }
/^[A-Za-z_]/ && signature !~ /^[^(]+$/ { signature = $0; signature_line = FNR; next }
{ signature = signature " " $0 }

END {
	end_file()
	exit bad
}
