// Runs while the page is parsed, before anything of it is drawn: what its address says of how it looks at first.
{
  const { searchParams } = new URL(location);
  const root = document.documentElement;
  // A figure alone: the article around it is not shown.
  if (searchParams.has("embed")) root.classList.add("alone");
  const theme = searchParams.get("theme");
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
}
