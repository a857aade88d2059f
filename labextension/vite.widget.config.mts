import { defineConfig } from 'vite';

/** The widget's front end as one file, as anywidget takes it: style, QR code and all. */
export default defineConfig({
  build: {
    lib: { entry: 'src/widget/index.ts', formats: ['es'], fileName: () => 'panel.js' },
    outDir: '../jupyter_auth/ui/static',
    emptyOutDir: true,
    target: 'es2022',
    minify: true,
    rolldownOptions: { output: { codeSplitting: false, minify: true } }
  }
});
