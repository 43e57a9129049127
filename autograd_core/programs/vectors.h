/* What the C library calls its function `name` of a vector of doubles, and operands is v or, of two, vv: glibc has such functions
   for x86-64, in libmvec, which its -lm brings, nearly all of them since 2.35. Elsewhere there is no VECTOR. */
#if defined(__x86_64__) && defined(__GLIBC__)
#if __GLIBC_PREREQ(2, 35)
#if LANES == 8
#define VECTOR(operands, name) _ZGVeN8##operands##_##name
#elif LANES == 4 && defined(__AVX2__)
#define VECTOR(operands, name) _ZGVdN4##operands##_##name
#elif LANES == 4
#define VECTOR(operands, name) _ZGVcN4##operands##_##name
#else
#define VECTOR(operands, name) _ZGVbN2##operands##_##name
#endif
#endif
#endif

