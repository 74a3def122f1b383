/* SPDX-License-Identifier: Apache-2.0 */
/* Owns "map dump", and how a map is shown. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "cli/noun.h"

static void free_maps(struct bpfd_maps **maps)
{
	bpfd_maps_free(*maps);
}

static void free_reader(struct bpfd_reader **reader)
{
	bpfd_reader_free(*reader);
}

void map_show(struct output *out, const struct bpfd_map *m)
{
	const char *program;
	char mode[16] = "";

	output_number(out, "id", "ID", bpfd_map_id(m));
	output_text(out, "name", "NAME", bpfd_map_name(m));
	output_text(out, "type", "TYPE", bpfd_map_type(m));
	output_words(out, "programs", "PROGRAMS");
	for (size_t i = 0; (program = bpfd_map_program(m, i)); i++)
		output_word(out, program);
	output_words_end(out);
	output_number(out, "key_size", "KEY", bpfd_map_key_size(m));
	output_number(out, "value_size", "VALUE", bpfd_map_value_size(m));
	output_number(out, "max_entries", "ENTRIES", bpfd_map_max_entries(m));
	output_text(out, "export_path", "EXPORT", bpfd_map_export_path(m));
	output_number(out, "flags", "+FLAGS", bpfd_map_flags(m));
	output_number(out, "owner_uid", "+OWNER", bpfd_map_owner_uid(m));
	output_text(out, "config", "+CONFIG", bpfd_map_config(m));
	output_number(out, "bytes_memlock", "+MEMORY", bpfd_map_bytes_memlock(m));
	output_bool(out, "is_internal", "+INTERNAL", bpfd_map_is_internal(m));
	output_number(out, "export_uid", "+EXPORT-UID", bpfd_map_export_uid(m));
	output_number(out, "export_gid", "+EXPORT-GID", bpfd_map_export_gid(m));
	if (bpfd_map_export_mode(m))
		snprintf(mode, sizeof(mode), "%04" PRIo32, bpfd_map_export_mode(m));
	output_text(out, "export_mode", "+EXPORT-MODE", mode);
	output_text(out, "pin_path", "+PIN", bpfd_map_pin_path(m));
}

int map_get(struct cli *cli, const struct bpfd_list_opts *opts, struct output *out)
{
	_cleanup_(free_maps) struct bpfd_maps *maps = NULL;
	/* .rodata and the like would be most of the table. */
	bool is_short = !opts->ref &&
			(output_format(out) == OUTPUT_TABLE || output_format(out) == OUTPUT_NAME);
	const struct bpfd_map *m;
	int r = bpfd_map_list(cli->conn, opts, &maps);

	if (r < 0)
		return r;
	if (!opts->ref)
		output_list(out, "maps");
	for (size_t i = 0; (m = bpfd_maps_get(maps, i)); i++) {
		if (is_short && bpfd_map_is_internal(m))
			continue;
		output_record(out, "map", bpfd_map_name(m));
		map_show(out, m);
		output_record_end(out);
	}
	if (!opts->ref)
		output_list_end(out);
	return 0;
}

struct dump_options {
	bool is_summed;
	struct option_number limit;
	const char *format;
};

static const struct option dump_options[] = {
	{'s', "sum", NULL, OPTION_FLAG, offsetof(struct dump_options, is_summed),
	 "per-CPU maps: add up the 64-bit words of all CPUs"},
	{'n', "limit", "N", OPTION_NUMBER, offsetof(struct dump_options, limit),
	 "at most N elements"},
	{'o', "output", "FORMAT", OPTION_TEXT, offsetof(struct dump_options, format),
	 "table, wide (with hexadecimal), json or yaml"},
	{0},
};

struct bytes {
	const unsigned char *p;
	size_t len;
};

static void add_hex(struct text *t, struct bytes b)
{
	text_add(t, "0x");
	for (size_t i = 0; i < b.len; i++)
		text_add(t, "%02x", b.p[i]);
}

/* As numbers: words of 8 bytes, or one of 4; else hexadecimal. */
static void add_numbers(struct text *t, struct bytes b)
{
	uint64_t u64;
	uint32_t u32;

	if (b.len == sizeof(u32)) {
		memcpy(&u32, b.p, sizeof(u32));
		text_add(t, "%" PRIu32, u32);
	} else if (b.len > 0 && b.len % sizeof(u64) == 0 && b.len <= 64) {
		for (size_t i = 0; i < b.len; i += sizeof(u64)) {
			memcpy(&u64, b.p + i, sizeof(u64));
			text_add(t, "%s%" PRIu64, i ? " " : "", u64);
		}
	} else {
		add_hex(t, b);
	}
}

/* Key or value: decoded in tables, hexadecimal and words in JSON. */
static void put_bytes(struct output *out, const char *const names[4], struct bytes b)
{
	_text_ struct text numbers = {0}, hex = {0};
	uint64_t word = 0;
	size_t width = b.len == sizeof(uint32_t) ? sizeof(uint32_t) : sizeof(word);

	add_numbers(&numbers, b);
	add_hex(&hex, b);
	output_text(out, NULL, names[0], numbers.data ? numbers.data : "");
	output_text(out, names[1], names[2], hex.data ? hex.data : "");
	if (output_format(out) != OUTPUT_JSON && output_format(out) != OUTPUT_YAML)
		return;
	output_words(out, names[3], NULL);
	for (size_t i = 0; b.len % width == 0 && i < b.len; i += width) {
		memcpy(&word, b.p + i, width);
		output_word_number(out, word);
	}
	output_words_end(out);
}

/* @cpu < 0: not per CPU, or the sum. */
static void put_element(struct output *out, struct bytes key, int64_t cpu, struct bytes value)
{
	static const char *const key_names[] = {"KEY", "key", "+KEY-HEX", "key_words"};
	static const char *const value_names[] = {"VALUE", "value", "+VALUE-HEX", "value_words"};

	output_record(out, "element", "");
	put_bytes(out, key_names, key);
	if (cpu >= 0)
		output_number(out, "cpu", "CPU", (uint64_t)cpu);
	put_bytes(out, value_names, value);
	output_record_end(out);
}

/* Add the words of all CPUs into @sum (as long as one CPU's value). */
static void add_up(struct bytes all, size_t stride, unsigned char *sum)
{
	memset(sum, 0, stride);
	for (size_t at = 0; at + sizeof(uint64_t) <= all.len; at += sizeof(uint64_t)) {
		uint64_t word, total;

		memcpy(&word, all.p + at, sizeof(word));
		memcpy(&total, sum + at % stride, sizeof(total));
		total += word;
		memcpy(sum + at % stride, &total, sizeof(total));
	}
}

static int put_all(struct output *out, const struct bpfd_reader *reader, bool is_summed)
{
	uint32_t cpus = bpfd_reader_cpus(reader);
	struct bytes key, value;

	key.p = bpfd_reader_key(reader, &key.len);
	value.p = bpfd_reader_value(reader, &value.len);
	if (cpus == 0 || value.len < cpus) {
		put_element(out, key, -1, value);
		return 0;
	}
	size_t stride = value.len / cpus;

	if (is_summed && stride % sizeof(uint64_t) == 0) {
		_free_ unsigned char *sum = malloc(stride);

		if (!sum)
			return -ENOMEM;
		add_up(value, stride, sum);
		put_element(out, key, -1, (struct bytes){sum, stride});
		return 0;
	}
	for (uint32_t cpu = 0; cpu < cpus; cpu++)
		put_element(out, key, cpu, (struct bytes){value.p + cpu * stride, stride});
	return 0;
}

static int run_dump(struct cli *cli, const struct call *call)
{
	const struct dump_options *o = call->options;
	struct bpfd_map_read_opts opts = {.size = sizeof(opts), .limit = o->limit.value};
	_output_ struct output *out = noun_output_new(cli, o->format);
	_cleanup_(free_reader) struct bpfd_reader *reader = NULL;
	int r = out ? bpfd_map_read(cli->conn, call->args[0], &opts, &reader) : -EINVAL;

	if (r == 0)
		r = bpfd_reader_next(reader);
	if (r < 0)
		return r;
	output_list(out, "elements");
	while (r > 0) {
		r = put_all(out, reader, o->is_summed);
		if (r == 0)
			r = bpfd_reader_next(reader);
	}
	output_list_end(out);
	return r < 0 ? r : output_finish(out);
}

const struct verb verb_map_dump = {
	.name = "map dump",
	.args = "MAP",
	.min_args = 1,
	.max_args = 1,
	.options = dump_options,
	.options_size = sizeof(struct dump_options),
	.help = "print the elements of a map",
	.more = "MAP is an id, PROGRAM/MAP or CONFIG/MAP. The daemon reads the map: no privilege of\n"
		"one's own is needed but the right to read.\n\n"
		"  bpfctl map dump counter/xdp_stats --sum",
	.run = run_dump,
};
