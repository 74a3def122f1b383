/* SPDX-License-Identifier: Apache-2.0 */
/* Owns what the daemon takes on its command line. */
#include "daemon/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>

#include "base/reason.h"

enum { OPT_RUNTIME = 256, OPT_STATE, OPT_CONFIG, OPT_LIBEXEC, OPT_DEBUG, OPT_KEEPER, OPT_VERSION };

static const struct option long_options[] = {
	{"runtime-dir", required_argument, NULL, OPT_RUNTIME},
	{"state-dir", required_argument, NULL, OPT_STATE},
	{"config", required_argument, NULL, OPT_CONFIG},
	{"libexec-dir", required_argument, NULL, OPT_LIBEXEC},
	{"debug", no_argument, NULL, OPT_DEBUG},
	{"keeper", no_argument, NULL, OPT_KEEPER},
	{"version", no_argument, NULL, OPT_VERSION},
	{"help", no_argument, NULL, 'h'},
	{0},
};

static const char help[] =
	"Usage: bpfd [OPTION]...\n"
	"Manage eBPF programs for everyone on this host.\n\n"
	"  --runtime-dir DIR   sockets, pins and the state of this boot (/run/bpfd)\n"
	"  --state-dir DIR     what outlives the boot (/var/lib/bpfd)\n"
	"  --config FILE       configuration (/etc/bpfd/bpfd.yaml)\n"
	"  --libexec-dir DIR   where bpfd-forkserver and bpfd-image are\n"
	"  --debug             log every request\n"
	"  --version           print the version\n"
	"  --help              print this\n\n"
	"Several daemons run side by side with different directories. See bpfd(8).\n";

int options_parse(int argc, char **argv, struct options *ret, struct reason *why)
{
	struct options o = {.libexec = getenv("BPFD_LIBEXEC")};
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
		if (c == OPT_RUNTIME)
			o.runtime_dir = optarg;
		else if (c == OPT_STATE)
			o.state_dir = optarg;
		else if (c == OPT_CONFIG)
			o.config = optarg;
		else if (c == OPT_LIBEXEC)
			o.libexec = optarg;
		else if (c == OPT_DEBUG)
			o.is_debug = true;
		else if (c == OPT_KEEPER)
			o.is_keeper = true;
		else if (c == OPT_VERSION || c == 'h')
			o.print = c == 'h' ? help : "bpfd " BPFD_VERSION "\n";
		else
			return fail(why, -EINVAL, "unknown or incomplete option \"%s\"",
				    argv[optind - 1]);
	}
	if (optind < argc)
		return fail(why, -EINVAL, "unexpected argument \"%s\"", argv[optind]);
	*ret = o;
	return 0;
}
