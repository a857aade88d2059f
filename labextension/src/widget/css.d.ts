/** A style sheet as text, put into the bundle by Vite. */
declare module '*.css?inline' {
  const text: string;
  export default text;
}
