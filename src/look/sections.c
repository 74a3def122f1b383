/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the checks that need no ELF library: header, bounds of the sections, legacy maps. */
#include "look/sections.h"

#include <elf.h>
#include <endian.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"

#define SECTIONS_MAX 4096
#define NATIVE_DATA  (BYTE_ORDER == LITTLE_ENDIAN ? ELFDATA2LSB : ELFDATA2MSB)

static const struct {
	uint16_t machine;
	const char *name;
} machines[] = {
	{EM_X86_64, "x86-64"},	 {EM_AARCH64, "arm64"}, {EM_386, "x86 (32 bit)"},
	{EM_ARM, "arm"},	 {EM_RISCV, "riscv"},	{EM_PPC64, "ppc64"},
	{EM_S390, "s390"},	 {EM_MIPS, "mips"},	{EM_LOONGARCH, "loongarch"},
	{EM_NONE, "no machine"},
};

static const char *machine_name(uint16_t machine)
{
	for (size_t i = 0; i < array_size(machines); i++)
		if (machines[i].machine == machine)
			return machines[i].name;
	return "another machine";
}

static int check_ident(const unsigned char *ident, size_t len, struct reason *why)
{
	if (len == 0)
		return fail(why, -ENOEXEC, "the object is empty");
	if (len < SELFMAG || memcmp(ident, ELFMAG, SELFMAG) != 0) {
		reason_hint(why, "bytecode is the .o file of clang -target bpf");
		return fail(why, -ENOEXEC, "not an ELF file");
	}
	if (len < sizeof(Elf64_Ehdr))
		return fail(why, -ENOEXEC, "the ELF file is truncated inside its header");
	if (ident[EI_CLASS] != ELFCLASS64)
		return fail(why, -ENOEXEC, "a 32-bit ELF file: BPF objects have 64 bits");
	if (ident[EI_DATA] != NATIVE_DATA) {
		reason_hint(why, "compile it with -target bpf%s, or plain bpf on this machine",
			    NATIVE_DATA == ELFDATA2LSB ? "el" : "eb");
		return fail(why, -ENOEXEC, "the object is %s-endian and this machine is not",
			    NATIVE_DATA == ELFDATA2LSB ? "big" : "little");
	}
	return 0;
}

static int check_header(const Elf64_Ehdr *head, size_t len, struct reason *why)
{
	if (head->e_machine != EM_BPF) {
		reason_hint(why, "compile it with clang -target bpf");
		return fail(why, -ENOEXEC, "an ELF file for %s (machine %u), not for BPF",
			    machine_name(head->e_machine), head->e_machine);
	}
	if (head->e_type != ET_REL)
		return fail(why, -ENOEXEC, "not a relocatable ELF file (type %u): give the .o file",
			    head->e_type);
	if (head->e_shnum == 0 || head->e_shnum > SECTIONS_MAX)
		return fail(why, -ENOEXEC, "an ELF file with %u sections", head->e_shnum);
	if (head->e_shentsize != sizeof(Elf64_Shdr))
		return fail(why, -ENOEXEC, "the ELF file's section headers have an odd size");
	if (head->e_shoff > len || len - head->e_shoff < (size_t)head->e_shnum * sizeof(Elf64_Shdr))
		return fail(why, -ENOEXEC,
			    "the object is truncated: its section headers lie behind its end");
	/* Section 0 is reserved: its bounds mean nothing. */
	if (head->e_shstrndx == 0 || head->e_shstrndx >= head->e_shnum)
		return fail(why, -ENOEXEC, "the ELF file has no section names");
	return 0;
}

/* Offsets in a foreign file need not be aligned. */
static Elf64_Shdr section(const char *data, const Elf64_Ehdr *head, unsigned int i)
{
	Elf64_Shdr s;

	memcpy(&s, data + head->e_shoff + i * sizeof(s), sizeof(s));
	return s;
}

static int refuse_legacy_maps(const char *name, struct reason *why)
{
	reason_hint(why,
		    "define them with BTF: struct { __uint(type, …); … } m SEC(\".maps\") in C, "
		    "#[btf_map] in Aya; compile with -g");
	return fail(why, -ENOEXEC,
		    "section \"%.64s\" holds legacy map definitions, which libbpf %s", name,
		    "dropped in 1.0");
}

static int check_name(const char *data, const Elf64_Shdr *names, uint32_t at, struct reason *why)
{
	const char *name = data + names->sh_offset + at;

	if (at >= names->sh_size || !memchr(name, 0, names->sh_size - at))
		return fail(why, -ENOEXEC, "a section's name lies outside of the names");
	if (strcmp(name, "maps") == 0 || strncmp(name, "maps/", 5) == 0)
		return refuse_legacy_maps(name, why);
	return 0;
}

int sections_check(const void *data, size_t len, struct reason *why)
{
	Elf64_Ehdr head;
	Elf64_Shdr names;
	int r = check_ident(data, len, why);

	if (r < 0)
		return r;
	memcpy(&head, data, sizeof(head));
	r = check_header(&head, len, why);
	if (r < 0)
		return r;
	names = section(data, &head, head.e_shstrndx);
	for (unsigned int i = 1; i < head.e_shnum; i++) {
		Elf64_Shdr s = section(data, &head, i);

		if (s.sh_type == SHT_NOBITS)
			continue;
		if (s.sh_offset > len || s.sh_size > len - s.sh_offset)
			return fail(why, -ENOEXEC,
				    "the object is truncated: section %u lies behind its end", i);
	}
	if (names.sh_type == SHT_NOBITS)
		return fail(why, -ENOEXEC, "the ELF file has no section names");
	for (unsigned int i = 1; r == 0 && i < head.e_shnum; i++)
		r = check_name(data, &names, section(data, &head, i).sh_name, why);
	return r;
}

void sections_license(const void *data, char ret[static SECTIONS_LICENSE_SIZE])
{
	const char *bytes = data;
	Elf64_Ehdr head;
	Elf64_Shdr names;
	size_t n;

	ret[0] = '\0';
	memcpy(&head, data, sizeof(head));
	names = section(bytes, &head, head.e_shstrndx);
	for (unsigned int i = 1; i < head.e_shnum; i++) {
		Elf64_Shdr s = section(bytes, &head, i);

		if (s.sh_type == SHT_NOBITS ||
		    strcmp(bytes + names.sh_offset + s.sh_name, "license") != 0)
			continue;
		n = s.sh_size < SECTIONS_LICENSE_SIZE - 1 ? s.sh_size : SECTIONS_LICENSE_SIZE - 1;
		memcpy(ret, bytes + s.sh_offset, n);
		ret[n] = '\0';
		for (char *c = ret; *c; c++)
			if (*c < 0x20 || *c > 0x7e)
				*c = '?';
		return;
	}
}
