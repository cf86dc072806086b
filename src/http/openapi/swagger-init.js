const root = document.getElementById('swagger-ui')

window.SwaggerUIBundle({
  url: root.dataset.url,
  domNode: root,
  deepLinking: true,
  displayRequestDuration: true,
  docExpansion: 'none',
  filter: true,
  persistAuthorization: true,
  tryItOutEnabled: true,
  // Otherwise the document is sent to a validator on another host.
  validatorUrl: null,
  withCredentials: true,
})
