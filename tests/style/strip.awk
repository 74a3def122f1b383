# SPDX-License-Identifier: Apache-2.0
# Prints "file:line:code" of C files with comments and the insides of strings left out.

FNR == 1 { in_comment = 0 }
{
	code = ""
	rest = $0
	while (rest != "") {
		if (in_comment) {
			at = index(rest, "*/")
			if (!at)
				break
			rest = substr(rest, at + 2)
			in_comment = 0
		} else if (match(rest, /\/\*|\/\/|"([^"\\]|\\.)*"|'([^'\\]|\\.)+'/)) {
			code = code substr(rest, 1, RSTART - 1)
			token = substr(rest, RSTART, RLENGTH)
			rest = substr(rest, RSTART + RLENGTH)
			if (token == "//")
				break
			if (token == "/*")
				in_comment = 1
			else
				code = code "\"\""
		} else {
			code = code rest
			break
		}
	}
	print FILENAME ":" FNR ":" code
}
