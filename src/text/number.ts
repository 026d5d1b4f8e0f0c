/** `1,234,567`: as Intl writes it in English, but its first use loads 15 ms of tables, and a listing is often the first call. */
export const grouped = (whole: number): string => String(whole).replace(/\B(?=(?:\d{3})+$)/g, ',')
