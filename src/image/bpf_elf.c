/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the offsets of ELF. */
#include "image/bpf_elf.h"

#include <elf.h>
#include <stdint.h>
#include <string.h>

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define OUR_ORDER ELFDATA2LSB
#else
#define OUR_ORDER ELFDATA2MSB
#endif

static bool read_head(const void *data, size_t len, Elf64_Ehdr *ret)
{
	if (len < sizeof(*ret))
		return false;
	memcpy(ret, data, sizeof(*ret));
	return memcmp(ret->e_ident, ELFMAG, SELFMAG) == 0;
}

bool image_elf_is_bpf(const void *data, size_t len)
{
	Elf64_Ehdr head;

	return read_head(data, len, &head) &&
	       (head.e_machine == EM_BPF || head.e_machine == (uint16_t)(EM_BPF << 8));
}

/* @len bytes from @offset on lie within @all. */
static bool is_within(uint64_t offset, uint64_t len, size_t all)
{
	return offset <= all && len <= all - offset;
}

static bool has_table(const Elf64_Ehdr *head, size_t len)
{
	return head->e_ident[EI_CLASS] == ELFCLASS64 && head->e_ident[EI_DATA] == OUR_ORDER &&
	       head->e_shentsize == sizeof(Elf64_Shdr) &&
	       is_within(head->e_shoff, (uint64_t)head->e_shnum * sizeof(Elf64_Shdr), len);
}

static void read_section(const char *data, const Elf64_Ehdr *head, size_t i, Elf64_Shdr *ret)
{
	memcpy(ret, data + head->e_shoff + i * sizeof(*ret), sizeof(*ret));
	/* It has no bytes in the file. */
	if (ret->sh_type == SHT_NOBITS)
		ret->sh_size = 0;
}

size_t image_elf_extent(const void *data, size_t len)
{
	Elf64_Ehdr head;
	uint64_t end;

	if (!read_head(data, len, &head) || !has_table(&head, len) || head.e_shnum == 0)
		return 0;
	end = head.e_shoff + (uint64_t)head.e_shnum * sizeof(Elf64_Shdr);
	for (size_t i = 0; i < head.e_shnum; i++) {
		Elf64_Shdr s;

		read_section(data, &head, i, &s);
		if (!is_within(s.sh_offset, s.sh_size, len))
			return 0;
		if (s.sh_offset + s.sh_size > end)
			end = s.sh_offset + s.sh_size;
	}
	return (size_t)end;
}

bool image_elf_section(char *data, size_t len, size_t i, struct image_section *ret)
{
	Elf64_Shdr names, s;
	Elf64_Ehdr head;

	if (!read_head(data, len, &head) || !has_table(&head, len) || i >= head.e_shnum ||
	    head.e_shstrndx >= head.e_shnum)
		return false;
	read_section(data, &head, head.e_shstrndx, &names);
	read_section(data, &head, i, &s);
	if (!is_within(names.sh_offset, names.sh_size, len) || s.sh_name >= names.sh_size ||
	    !memchr(data + names.sh_offset + s.sh_name, '\0', names.sh_size - s.sh_name) ||
	    !is_within(s.sh_offset, s.sh_size, len))
		return false;
	*ret = (struct image_section){.name = data + names.sh_offset + s.sh_name,
				      .offset = s.sh_offset,
				      .size = s.sh_size};
	return true;
}
