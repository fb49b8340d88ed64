// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest addresses are addresses in this very file, so its own symbol table
 * names them. Read only when a message needs it.
 */
#include <elf.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "symbols.h"

/* The file stays mapped: a process that prints one address prints several. */
static const unsigned char *map_self(size_t *size)
{
	static const unsigned char *image;
	static size_t image_size;
	struct stat st;
	int fd;

	if (!image) {
		fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return NULL;
		if (!fstat(fd, &st)) {
			void *map = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);

			if (map != MAP_FAILED) {
				image = map;
				image_size = st.st_size;
			}
		}
		close(fd);
	}
	*size = image_size;
	return image;
}

static const Elf64_Shdr *find_symtab(const unsigned char *image, size_t size,
				     const Elf64_Shdr **strtab)
{
	const Elf64_Ehdr *header = (const void *)image;
	const Elf64_Shdr *sections = (const void *)(image + header->e_shoff);

	if (header->e_shoff + header->e_shnum * sizeof(*sections) > size)
		return NULL;
	for (unsigned int i = 0; i < header->e_shnum; i++) {
		if (sections[i].sh_type != SHT_SYMTAB)
			continue;
		*strtab = &sections[sections[i].sh_link];
		return &sections[i];
	}
	return NULL;
}

/* The symbol at or last before @address; local labels count, they mark guest code. */
static const char *find_symbol(uint64_t address, uint64_t *offset)
{
	const Elf64_Shdr *symtab, *strtab;
	const Elf64_Sym *symbols, *best = NULL;
	const unsigned char *image;
	size_t size;

	image = map_self(&size);
	if (!image)
		return NULL;
	symtab = find_symtab(image, size, &strtab);
	if (!symtab)
		return NULL;
	symbols = (const void *)(image + symtab->sh_offset);

	for (size_t i = 0; i < symtab->sh_size / sizeof(*symbols); i++) {
		unsigned int type = ELF64_ST_TYPE(symbols[i].st_info);

		if ((type != STT_FUNC && type != STT_NOTYPE) || !symbols[i].st_shndx ||
		    symbols[i].st_shndx == SHN_ABS || symbols[i].st_value > address)
			continue;
		if (!best || symbols[i].st_value > best->st_value)
			best = &symbols[i];
	}
	if (!best)
		return NULL;
	*offset = address - best->st_value;
	return (const char *)image + strtab->sh_offset + best->st_name;
}

const char *address_name(uint64_t address)
{
	extern const char __executable_start[], _end[];
	static __thread char texts[2][128];
	static __thread unsigned int turn;
	char *text = texts[turn++ % 2];
	const char *symbol = NULL;
	uint64_t offset = 0;

	if (address >= (uintptr_t)__executable_start && address < (uintptr_t)_end)
		symbol = find_symbol(address, &offset);
	if (!symbol)
		snprintf(text, sizeof(texts[0]), "0x%llx", (unsigned long long)address);
	else if (!offset)
		snprintf(text, sizeof(texts[0]), "0x%llx (%s)", (unsigned long long)address, symbol);
	else
		snprintf(text, sizeof(texts[0]), "0x%llx (%s+0x%llx)", (unsigned long long)address,
			 symbol, (unsigned long long)offset);
	return text;
}
