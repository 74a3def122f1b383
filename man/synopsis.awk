# SPDX-License-Identifier: Apache-2.0
# The prototypes of bpfd.h, in groups as the header has them, as a literal block of scdoc.
BEGIN { print "```\n#include <bpfd/bpfd.h>\n\ncc ... $(pkg-config --cflags --libs libbpfd)" }
/^\/\* [A-Z][A-Za-z ,:]*\. \*\/$/ { print "" }
/^BPFD_API / { is_open = 1; sub(/^BPFD_API /, "") }
is_open {
	gsub(/\t/, "  ")
	sub(/;.*/, ";")
	print
	if (/;$/)
		is_open = 0
}
END { print "```\n" }
