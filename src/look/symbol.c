/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the search in symbol tables, with libelf reading (never mapping: the file may shrink). */
#include "look/symbol.h"

#include <errno.h>
#include <gelf.h>
#include <libelf.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "base/text.h"

/* Above this a foreign name is nobody's function. */
#define NAME_MAX_BYTES 4096

struct search {
	const char *name;
	size_t len;
	bool is_found;
	bool is_global;
	unsigned int n_locals; /* with different addresses */
	uint64_t address;
	char near[64];
	size_t n_functions;
};

static void close_elf(Elf **elf)
{
	elf_end(*elf);
}

static void take_match(struct search *s, const GElf_Sym *sym)
{
	bool is_global = GELF_ST_BIND(sym->st_info) != STB_LOCAL;

	if (s->is_found && s->is_global)
		return;
	if (s->is_found && !is_global) {
		s->n_locals += s->address != sym->st_value;
		return;
	}
	s->is_found = true;
	s->is_global = is_global;
	s->address = sym->st_value;
	s->n_locals = !is_global;
}

static void consider(struct search *s, const char *name, const GElf_Sym *sym)
{
	size_t n = strnlen(name, NAME_MAX_BYTES);

	s->n_functions++;
	if (strncmp(name, s->name, s->len) == 0 && (name[s->len] == '\0' || name[s->len] == '@')) {
		take_match(s, sym);
		return;
	}
	/* The distance is dear: only for those that may be near. */
	if (n >= sizeof(s->near) || n > s->len + 2 || s->len > n + 2 || name[0] != s->name[0])
		return;
	if (text_nearest(s->name, (const char *const[]){*s->near ? s->near : name, name, NULL}) ==
	    name)
		memcpy(s->near, name, n + 1);
}

static int search_table(Elf *elf, Elf_Scn *scn, const GElf_Shdr *head, struct search *s)
{
	Elf_Data *data = elf_getdata(scn, NULL);
	size_t n;

	if (!data || head->sh_entsize == 0)
		return 0;
	n = data->d_size / head->sh_entsize;
	for (size_t i = 0; i < n && i < INT32_MAX; i++) {
		GElf_Sym sym;
		const char *name;
		int type;

		if (!gelf_getsym(data, (int)i, &sym))
			return -ENOEXEC;
		type = GELF_ST_TYPE(sym.st_info);
		if ((type != STT_FUNC && type != STT_GNU_IFUNC) || sym.st_shndx == SHN_UNDEF ||
		    sym.st_value == 0)
			continue;
		name = elf_strptr(elf, head->sh_link, sym.st_name);
		if (name)
			consider(s, name, &sym);
	}
	return 0;
}

static int search_tables(Elf *elf, struct search *s)
{
	Elf_Scn *scn = NULL;

	while ((scn = elf_nextscn(elf, scn))) {
		GElf_Shdr head;
		int r;

		if (!gelf_getshdr(scn, &head))
			return -ENOEXEC;
		if (head.sh_type != SHT_SYMTAB && head.sh_type != SHT_DYNSYM)
			continue;
		r = search_table(elf, scn, &head, s);
		if (r < 0)
			return r;
	}
	return 0;
}

/* The segment that is mapped there tells the place in the file. */
static int to_file_offset(Elf *elf, uint64_t address, uint64_t *ret)
{
	size_t n;

	if (elf_getphdrnum(elf, &n) < 0)
		return -ENOEXEC;
	for (size_t i = 0; i < n && i < INT32_MAX; i++) {
		GElf_Phdr p;

		if (!gelf_getphdr(elf, (int)i, &p))
			return -ENOEXEC;
		if (p.p_type == PT_LOAD && address >= p.p_vaddr &&
		    address - p.p_vaddr < p.p_filesz) {
			*ret = address - p.p_vaddr + p.p_offset;
			return 0;
		}
	}
	return -ENOEXEC;
}

static int refuse(const struct search *s, struct reason *why)
{
	if (s->n_functions == 0)
		reason_hint(why, "the binary is stripped: give the file offset, /PATH:0xOFFSET");
	else if (*s->near && text_is_clean(s->near, sizeof(s->near)))
		reason_hint(why, "did you mean %s?", s->near);
	return fail(why, -ENOENT, "no function %s in the binary", s->name);
}

int symbol_offset(int fd, const char *name, uint64_t *ret_offset, struct reason *why)
{
	_cleanup_(close_elf) Elf *elf = NULL;
	struct search s = {.name = name, .len = strlen(name)};
	uint64_t offset;
	int r;

	if (elf_version(EV_CURRENT) == EV_NONE)
		return fail(why, -ENOTSUP, "libelf is too old");
	elf = elf_begin(fd, ELF_C_READ, NULL);
	if (!elf || elf_kind(elf) != ELF_K_ELF)
		return fail(why, -ENOEXEC, "the binary is not an ELF file");
	r = search_tables(elf, &s);
	if (r < 0)
		return fail(why, r, "the binary's symbol table is damaged");
	if (!s.is_found)
		return refuse(&s, why);
	if (!s.is_global && s.n_locals > 1) {
		reason_hint(why, "give the file offset, /PATH:0xOFFSET");
		return fail(why, -EINVAL, "several functions of the binary are named %s", name);
	}
	r = to_file_offset(elf, s.address, &offset);
	if (r < 0)
		return fail(why, r, "function %s of the binary is in no segment of the file", name);
	*ret_offset = offset;
	return 0;
}
