// What the headers of zig's C++ library ask for, when the library itself, which zig would have to make first, is not
// linked: memory, and an end when a container is misused.
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <new>

void *operator new(size_t size) {
    void *memory = malloc(size ? size : 1);
    if (!memory) { fprintf(stderr, "out of memory\n"); abort(); }
    return memory;
}
void *operator new[](size_t size) { return operator new(size); }
void operator delete(void *memory) noexcept { free(memory); }
void operator delete[](void *memory) noexcept { free(memory); }
void operator delete(void *memory, size_t) noexcept { free(memory); }
void operator delete[](void *memory, size_t) noexcept { free(memory); }

namespace std::inline __1 {
[[noreturn]] void __libcpp_verbose_abort(const char *format, ...) noexcept {
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    abort();
}
}  // namespace std::inline __1
